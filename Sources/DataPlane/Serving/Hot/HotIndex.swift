import Glibc

/// The entries of a hot table at fixed places, and an open-addressed index of their hashes: a probe touches one line, a hit
/// that and the entry's. State belongs to one event loop.
///
/// The index grows with the entries: sparse it would take a line and a page's address of its own for each of them.
final class HotIndex {
    private struct Slot {
        /// The low half of the hash, whose bits say where the slot belongs.
        var hash: UInt32
        /// One more than the place; zero: empty.
        var seat: UInt32
    }

    private struct Seat {
        /// As in its slot.
        let hash: UInt32
        /// Whether it was asked for since the ring's hand passed.
        var isWanted: Bool
        /// From byte 8 on: what a hit looks at ends in the seat's first line.
        var entry: HotTable.Entry
    }

    // Computed, not stored: a static value that is made when it is first asked for would make each request copy the table around it.
    /// Whole lines.
    private static var stride: Int { (MemoryLayout<Seat>.size + 63) & ~63 }
    private static var entryOffset: Int { MemoryLayout<HotTable.Entry>.alignment }

    private let seats: UnsafeMutableRawPointer
    private var slots: UnsafeMutablePointer<Slot>
    private var mask = 1023
    private var count = 0
    private let capacity: Int

    /// - Parameter capacity: places; memory is taken as they are used.
    init(capacity: Int) {
        precondition(MemoryLayout<Seat>.offset(of: \.entry) == Self.entryOffset, "hash and mark take one word in front of the entry")
        self.capacity = capacity
        seats = Self.pages(capacity * Self.stride)
        slots = Self.slots(mask + 1)
    }

    deinit {
        for slot in 0...mask where slots[slot].seat != 0 { seat(Int(slots[slot].seat) - 1).deinitialize(count: 1) }
        munmap(seats, capacity * Self.stride)
        munmap(slots, (mask + 1) * MemoryLayout<Slot>.stride)
    }

    /// Zeroed memory whose pages are taken as they are touched. `calloc` gives that only until the first such block was freed: the
    /// next come from the heap, are wiped whole and stay (4 MB more at each of the first activations, in each loop).
    private static func pages(_ count: Int) -> UnsafeMutableRawPointer {
        let memory = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let memory, memory != MAP_FAILED else { fatalError("out of memory") }
        return memory
    }

    private static func slots(_ count: Int) -> UnsafeMutablePointer<Slot> {
        pages(count * MemoryLayout<Slot>.stride).bindMemory(to: Slot.self, capacity: count)
    }

    @inline(__always)
    private func seat(_ place: Int) -> UnsafeMutablePointer<Seat> { (seats + place * Self.stride).assumingMemoryBound(to: Seat.self) }

    private func grow() {
        let (old, oldMask) = (slots, mask)
        mask = 2 * mask + 1
        slots = Self.slots(mask + 1)
        for slot in 0...oldMask where old[slot].seat != 0 { add(old[slot]) }
        munmap(old, (oldMask + 1) * MemoryLayout<Slot>.stride)
    }

    private func add(_ new: Slot) {
        var slot = Int(new.hash) & mask
        while slots[slot].seat != 0 { slot = (slot + 1) & mask }
        slots[slot] = new
    }

    /// The entry with that hash that fits, marked as wanted.
    @inline(__always)
    func find(_ hash: UInt64, where fits: (UnsafePointer<HotTable.Entry>) -> Bool) -> UnsafePointer<HotTable.Entry>? {
        guard let place = place(hash, where: fits) else { return nil }
        if !seat(place).pointee.isWanted { seat(place).pointee.isWanted = true }
        return entry(at: place)
    }

    @inline(__always)
    func place(_ hash: UInt64, where fits: (UnsafePointer<HotTable.Entry>) -> Bool) -> Int? {
        let low = UInt32(truncatingIfNeeded: hash)
        var slot = Int(low) & mask
        while slots[slot].seat != 0 {
            if slots[slot].hash == low, fits(entry(at: Int(slots[slot].seat) - 1)) { return Int(slots[slot].seat) - 1 }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// - Precondition: the place is taken.
    @inline(__always)
    func entry(at place: Int) -> UnsafePointer<HotTable.Entry> {
        UnsafePointer((seats + place * Self.stride + Self.entryOffset).assumingMemoryBound(to: HotTable.Entry.self))
    }

    /// - Precondition: the place is free, and no entry has that key.
    func put(_ entry: HotTable.Entry, hash: UInt64, at place: Int) {
        if 2 * (count + 1) > mask { grow() }
        count += 1
        let low = UInt32(truncatingIfNeeded: hash)
        seat(place).initialize(to: Seat(hash: low, isWanted: false, entry: entry))
        add(Slot(hash: low, seat: UInt32(place + 1)))
    }

    /// Whether it was asked for since the last call, or since it was put in.
    /// - Precondition: the place is taken.
    func takeWanted(at place: Int) -> Bool {
        defer { seat(place).pointee.isWanted = false }
        return seat(place).pointee.isWanted
    }

    /// - Precondition: the place is taken.
    func take(at place: Int) {
        var gap = Int(seat(place).pointee.hash) & mask
        while Int(slots[gap].seat) != place + 1 { gap = (gap + 1) & mask }
        seat(place).deinitialize(count: 1)
        count -= 1
        // Whoever stands behind the gap and was pushed past it moves up: no probe ever meets a gap before its entry.
        var slot = (gap + 1) & mask
        while slots[slot].seat != 0 {
            let home = Int(slots[slot].hash) & mask
            if (slot - home) & mask >= (slot - gap) & mask {
                slots[gap] = slots[slot]
                gap = slot
            }
            slot = (slot + 1) & mask
        }
        slots[gap].seat = 0
    }
}
