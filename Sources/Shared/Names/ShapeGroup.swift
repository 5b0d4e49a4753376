/// The names of a release that share form, token length and separator, and what they say about each other.
///
/// A shape is confirmed if at least eight names share it and half of their tokens mix letters with digits or cases: so Rails',
/// Parcel's and Vite's eight characters count where a build shows them, and a folder of icons stays one of documents.
///
/// A release often holds both: Vite copies `public/icon-settings.svg` as it is, beside `index-C77ar7rq.js` of the same shape. So
/// names whose token does not fit the others' are left out first. They neither become fingerprinted by their company nor
/// outnumber it. Of random tokens in Rollup's alphabet one in 500 is lost in this way, and is then a document; of real ones in two
/// builds of 300 names, none.
struct ShapeGroup {
    static let minimumCount = 8
    /// A script and its source map share a token, and so do the sizes of one icon: the first are a build, the second are not.
    static let minimumDistinctCount = 4

    struct Key: Hashable {
        let form: Fingerprint.Form
        let separator: UInt8
        let length: Int

        init(_ shape: Fingerprint) {
            form = shape.form
            separator = shape.separator
            length = shape.token.count
        }
    }

    private var mixed = 0
    private var mixedHexadecimal = 0
    private var mixedInBothCases = 0
    private var fitting = 0
    private var distinct: Set<String> = []

    /// First round: takes in what the mixed tokens look like.
    mutating func insert(_ shape: Fingerprint) {
        guard shape.isMixed else { return }
        mixed += 1
        if shape.alphabet == .hexadecimal { mixedHexadecimal += 1 }
        if shape.hasBothCases { mixedInBothCases += 1 }
    }

    /// Second round: counts those that fit.
    mutating func count(_ shape: Fingerprint, token: @autoclosure () -> String) {
        guard fits(shape) else { return }
        fitting += 1
        if distinct.count < Self.minimumDistinctCount { distinct.insert(token()) }
    }

    func confirms(_ shape: Fingerprint) -> Bool {
        fitting >= Self.minimumCount && distinct.count >= Self.minimumDistinctCount && mixed * 2 >= fitting && fits(shape)
    }

    /// Mixed tokens fit anywhere. Of the others: among hexadecimal tokens only hexadecimal ones do, among tokens in both cases only
    /// those that no one could speak.
    private func fits(_ shape: Fingerprint) -> Bool {
        if shape.isMixed { return true }
        if mixedHexadecimal * 10 >= mixed * 9 { return shape.alphabet == .hexadecimal }
        if mixedInBothCases * 2 >= mixed { return !shape.isPronounceable }
        return true
    }
}
