/// What a peer did that ends its connection: a word for the log and for the debug data of our GOAWAY (RFC 9113 §6.8).
package enum HTTP2Fault: String, Error, Sendable {
    // Framing
    case badPreface, settingsNotFirst, frameTooLarge, badLength, badPadding, needsStream, needsNoStream
    case pushFromClient, strayContinuation, brokenBlock, badSetting
    // Fields
    case badBlock, blockTooLarge
    // Streams
    case evenStream, idleStream, oldStream, closedStream
    // Windows
    case noIncrement, windowTooLarge, windowExceeded
    // Floods
    case resetFlood, pingFlood, settingsFlood, emptyFrameFlood, windowFlood, frameFlood
}
