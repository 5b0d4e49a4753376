/// A bounded table that keeps what is asked for again, and lets a scan pass through: S3-FIFO (Yang et al., SOSP 2023).
///
/// What comes goes into a small queue, a tenth of the room; what was asked for while it waited there moves on to the main queue, the rest
/// leaves and is remembered by name for a while: coming again soon it goes to the main queue at once. There, what was asked for goes round.
package struct S3FIFO<Key: Hashable, Value> {
    private struct Entry {
        var value: Value
        let cost: UInt64
        /// Asked for so often since it was last looked at; three at most.
        var uses: UInt8 = 0
        var isMain: Bool
        /// Told apart from what the queues still hold of an earlier one.
        let ticket: UInt64
    }

    private struct Place {
        let key: Key
        let ticket: UInt64
    }

    package private(set) var capacity: UInt64
    package private(set) var cost: UInt64 = 0
    private var smallCost: UInt64 = 0
    private var entries: [Key: Entry] = [:]
    private var small = FIFO<Place>()
    private var main = FIFO<Place>()
    /// Names of what left the small queue, as many as there are entries.
    private var ghosts: [Key: UInt64] = [:]
    private var ghostQueue = FIFO<Place>()
    private var tickets: UInt64 = 0

    package init(capacity: UInt64) { self.capacity = capacity }

    package var count: Int { entries.count }

    /// Without counting as a use.
    package func peek(_ key: Key) -> Value? { entries[key]?.value }

    package mutating func use(_ key: Key) -> Value? {
        guard let index = entries.index(forKey: key) else { return nil }
        if entries.values[index].uses < 3 { entries.values[index].uses += 1 }
        return entries.values[index].value
    }

    /// Puts a value in, or another in its place.
    /// - Returns: what had to leave for it; the new one itself where it is larger than all the room.
    package mutating func insert(_ key: Key, _ value: Value, cost: UInt64) -> [(key: Key, value: Value)] {
        let before = remove(key)
        if cost > capacity { return [(key, value)] }
        tickets += 1
        let isMain = before?.isMain ?? (ghosts.removeValue(forKey: key) != nil)
        entries[key] = Entry(value: value, cost: cost, isMain: isMain, ticket: tickets)
        self.cost += cost
        if isMain { main.append(Place(key: key, ticket: tickets)) } else { take(small: cost, Place(key: key, ticket: tickets)) }
        var gone: [(key: Key, value: Value)] = []
        while self.cost > capacity, let evicted = evict() { gone.append(evicted) }
        tidy()
        return gone
    }

    /// Has less room from now on: what has to leave is the least used.
    /// - Parameter most: entries that leave at most.
    package mutating func shrink(by bytes: UInt64, most: Int) -> [(key: Key, value: Value)] {
        let wanted = cost - min(bytes, cost)
        var gone: [(key: Key, value: Value)] = []
        while cost > wanted, gone.count < most, let evicted = evict() { gone.append(evicted) }
        capacity = min(capacity, cost)
        tidy()
        return gone
    }

    private mutating func take(small cost: UInt64, _ place: Place) {
        smallCost += cost
        small.append(place)
    }

    package mutating func removeValue(_ key: Key) -> Value? { remove(key)?.value }

    private mutating func remove(_ key: Key) -> Entry? {
        guard let entry = entries.removeValue(forKey: key) else { return nil }
        cost -= entry.cost
        if !entry.isMain { smallCost -= entry.cost }
        return entry
    }

    package mutating func removeAll() { self = S3FIFO(capacity: capacity) }

    /// What was replaced or taken out has left its places in the queues.
    private mutating func tidy() {
        let most = 2 * entries.count + 64
        if small.count > most { small.keep { entries[$0.key]?.ticket == $0.ticket && entries[$0.key]?.isMain == false } }
        if main.count > most { main.keep { entries[$0.key]?.ticket == $0.ticket && entries[$0.key]?.isMain == true } }
        if ghostQueue.count > most { ghostQueue.keep { ghosts[$0.key] == $0.ticket } }
    }

    private mutating func evict() -> (key: Key, value: Value)? {
        smallCost > capacity / 10 || main.isEmpty ? evictFromSmall() ?? evictFromMain() : evictFromMain() ?? evictFromSmall()
    }

    private mutating func evictFromSmall() -> (key: Key, value: Value)? {
        while let place = small.removeFirst() {
            guard var entry = entries[place.key], entry.ticket == place.ticket, !entry.isMain else { continue }
            if entry.uses > 0 {
                entry.uses = 0
                entry.isMain = true
                entries[place.key] = entry
                smallCost -= entry.cost
                main.append(place)
                continue
            }
            _ = remove(place.key)
            remember(place)
            return (place.key, entry.value)
        }
        return nil
    }

    private mutating func evictFromMain() -> (key: Key, value: Value)? {
        while let place = main.removeFirst() {
            guard var entry = entries[place.key], entry.ticket == place.ticket else { continue }
            if entry.uses > 0 {
                entry.uses -= 1
                entries[place.key] = entry
                main.append(place)
                continue
            }
            _ = remove(place.key)
            return (place.key, entry.value)
        }
        return nil
    }

    private mutating func remember(_ place: Place) {
        ghosts[place.key] = place.ticket
        ghostQueue.append(place)
        while ghosts.count > max(entries.count, 16), let oldest = ghostQueue.removeFirst() {
            if ghosts[oldest.key] == oldest.ticket { ghosts[oldest.key] = nil }
        }
    }
}

/// A queue; what has left makes room once it is the larger half.
struct FIFO<Element> {
    private var elements: [Element?] = []
    private var start = 0

    var isEmpty: Bool { start == elements.count }
    var count: Int { elements.count - start }

    mutating func keep(_ isKept: (Element) -> Bool) {
        elements = elements[start...].filter { $0.map(isKept) ?? false }
        start = 0
    }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func removeFirst() -> Element? {
        guard start < elements.count else { return nil }
        let first = elements[start]
        elements[start] = nil
        start += 1
        if start > 32, start * 2 > elements.count {
            elements.removeFirst(start)
            start = 0
        }
        return first
    }
}
