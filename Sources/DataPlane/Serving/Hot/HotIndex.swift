import Glibc

/// The entries of a hot table at fixed places, and an open-addressed index of their hashes: a probe touches one line, a hit
/// that and the entry's. State belongs to one event loop.
final class HotIndex {
    private struct Slot {
        /// Zero: empty.
        var hash: UInt64
        var place: Int
    }

    private struct Seat {
        var entry: HotTable.Entry
        let hash: UInt64
        /// Whether it was asked for since the ring's hand passed.
        var isWanted: Bool
    }

    private let seats: UnsafeMutablePointer<Seat>
    private let slots: UnsafeMutablePointer<Slot>
    private let mask: Int
    private let capacity: Int

    /// - Parameter capacity: places; memory is taken as they are used.
    init(capacity: Int) {
        var count = 1024
        while count < 2 * capacity { count *= 2 }
        mask = count - 1
        self.capacity = capacity
        seats = Self.pages(of: Seat.self, capacity)
        slots = Self.pages(of: Slot.self, count)
    }

    deinit {
        for slot in 0...mask where slots[slot].hash != 0 { (seats + slots[slot].place).deinitialize(count: 1) }
        munmap(seats, capacity * MemoryLayout<Seat>.stride)
        munmap(slots, (mask + 1) * MemoryLayout<Slot>.stride)
    }

    /// Zeroed memory whose pages are taken as they are touched. `calloc` gives that only until the first such block was freed: the
    /// next come from the heap, are wiped whole and stay (4 MB more at each of the first activations, in each loop).
    private static func pages<Element>(of type: Element.Type, _ count: Int) -> UnsafeMutablePointer<Element> {
        let memory = mmap(
            nil, count * MemoryLayout<Element>.stride, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let memory, memory != MAP_FAILED else { fatalError("out of memory") }
        return memory.bindMemory(to: type, capacity: count)
    }

    /// The entry with that hash that fits, marked as wanted.
    @inline(__always)
    func find(_ hash: UInt64, where fits: (UnsafePointer<HotTable.Entry>) -> Bool) -> UnsafePointer<HotTable.Entry>? {
        guard let place = place(hash, where: fits) else { return nil }
        if !seats[place].isWanted { seats[place].isWanted = true }
        return entry(at: place)
    }

    @inline(__always)
    func place(_ hash: UInt64, where fits: (UnsafePointer<HotTable.Entry>) -> Bool) -> Int? {
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot].hash != 0 {
            if slots[slot].hash == hash, fits(entry(at: slots[slot].place)) { return slots[slot].place }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// - Precondition: the place is taken.
    @inline(__always)
    func entry(at place: Int) -> UnsafePointer<HotTable.Entry> {
        // The entry is the seat's first member.
        UnsafeRawPointer(seats + place).assumingMemoryBound(to: HotTable.Entry.self)
    }

    /// - Precondition: the place is free, and no entry has that key.
    func put(_ entry: HotTable.Entry, hash: UInt64, at place: Int) {
        (seats + place).initialize(to: Seat(entry: entry, hash: hash, isWanted: false))
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot].hash != 0 { slot = (slot + 1) & mask }
        slots[slot] = Slot(hash: hash, place: place)
    }

    /// Whether it was asked for since the last call, or since it was put in.
    /// - Precondition: the place is taken.
    func takeWanted(at place: Int) -> Bool {
        defer { seats[place].isWanted = false }
        return seats[place].isWanted
    }

    /// - Precondition: the place is taken.
    func take(at place: Int) {
        var gap = Int(truncatingIfNeeded: seats[place].hash) & mask
        while slots[gap].place != place || slots[gap].hash == 0 { gap = (gap + 1) & mask }
        (seats + place).deinitialize(count: 1)
        // Whoever stands behind the gap and was pushed past it moves up: no probe ever meets a gap before its entry.
        var slot = (gap + 1) & mask
        while slots[slot].hash != 0 {
            let home = Int(truncatingIfNeeded: slots[slot].hash) & mask
            if (slot - home) & mask >= (slot - gap) & mask {
                slots[gap] = slots[slot]
                gap = slot
            }
            slot = (slot + 1) & mask
        }
        slots[gap].hash = 0
    }
}
