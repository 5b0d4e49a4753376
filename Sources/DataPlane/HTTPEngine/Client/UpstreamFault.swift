/// What was wrong with what an upstream sent: the answer is `502`, or is cut off when it has begun.
package enum UpstreamFault: String, Error, Hashable, Sendable {
    case badStatusLine, badVersion, badFieldName, badFieldValue, foldedField, bareLineFeed, headTooLarge
    case badContentLength, repeatedContentLength, lengthAndCoding, unknownCoding, codingInHTTP10
    case badChunk, badTrailer
    case tooManyInterim, unwantedUpgrade
    /// A WebSocket was asked for, and what came is neither one nor a refusal, or does not prove that it was meant (RFC 6455 §4.1).
    case notUpgraded
    /// What came is no HTTP/2, or a server over its limits.
    case brokenHTTP2
    /// It gave up this answer alone (RFC 9113 §7).
    case resetStream
    /// It ended before the first byte of an answer. On a connection that was used before it may have ended before the request came.
    case endedBeforeAnswer
    /// It ended in the middle.
    case truncated
}
