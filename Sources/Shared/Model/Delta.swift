/// The blob that holds one content as a delta to another: a `dcz` body as it is sent (RFC 9842 §5).
package struct DeltaRecord: Hashable, Sendable {
    package var source: ContentDigest
    /// The content that the client must have.
    package var dictionary: ContentDigest
    /// The source itself: it was tried and is not worth it.
    package var blob: ContentDigest
    package var size: UInt64

    package init(source: ContentDigest, dictionary: ContentDigest, blob: ContentDigest, size: UInt64) {
        self.source = source
        self.dictionary = dictionary
        self.blob = blob
        self.size = size
    }

    package var isWorthIt: Bool { blob != source }
}
