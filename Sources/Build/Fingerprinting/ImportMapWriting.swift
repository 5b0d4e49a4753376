/// Import maps that lead modules to their new names, so that the text of a module does not change with what it imports.
struct ImportMapWriting: Sendable {
    func insert(into page: Int, bytes: [UInt8], final: (Int) -> FinalFile?, to rewriting: inout Rewriting) {}
}
