import Sockets

/// Where servers are to be found.
package enum Whereabouts: Hashable, Sendable, CustomStringConvertible {
    /// All addresses of a name, at one port.
    case host(String, port: UInt16)
    /// What a service's records name (RFC 2782): `_http._tcp.app.internal`.
    case service(String)

    package var description: String {
        switch self {
        case .host(let name, _): name
        case .service(let name): name
        }
    }
}

/// What was found, and for how long it may be believed.
package struct Finding: Hashable, Sendable {
    package struct Place: Hashable, Sendable {
        package var address: SocketAddress
        /// Of the service's record; 1 where there is none.
        package var weight: Int
        /// Among the priorities of the service: those of 0 are asked, the next ones while none of these can be reached (RFC 2782).
        package var rank = 0
    }

    /// Each address once, in an order that does not depend on how answers are turned.
    package var places: [Place]
    /// `UInt32.max` where nobody says.
    package var seconds: UInt32
}

/// Looks names up. Blocks for as long as that takes.
///
/// Addresses come from the system's resolver, with its hosts file and search list, unless name servers are given; services always
/// come from name servers, those of `/etc/resolv.conf` by default, since the system's resolver knows none.
package struct Finder: Sendable {
    private let given: NameServers?
    private let system: NameServers

    /// - Parameters:
    ///   - nameServers: asked for everything; nil: the system is.
    ///   - resolvConf: what `/etc/resolv.conf` says.
    package init(nameServers: NameServers?, resolvConf: String) {
        given = nameServers
        system = NameServers(resolvConf: resolvConf)
    }

    /// - Returns: nil where nothing was found, for whatever reason: what was known before stays.
    package func find(_ whereabouts: Whereabouts) -> Finding? {
        let (found, seconds) =
            switch whereabouts {
            case .host(let name, let port): host(name, port)
            case .service(let name): service(name)
            }
        if found.isEmpty { return nil }
        // An address that several records name belongs to the first of their priorities, and has the weight of those.
        let ranks = Dictionary(found.map { ($0.address, $0.rank) }, uniquingKeysWith: min)
        var weights: [SocketAddress: Int] = [:]
        for place in found where place.rank == ranks[place.address] { weights[place.address, default: 0] += place.weight }
        let places = weights.map { Finding.Place(address: $0.key, weight: $0.value, rank: ranks[$0.key] ?? 0) }
        return Finding(places: places.sorted { $0.address.bytes.lexicographicallyPrecedes($1.address.bytes) }, seconds: seconds)
    }

    private func host(_ name: String, _ port: UInt16) -> (places: [Finding.Place], seconds: UInt32) {
        guard let given else {
            return (SocketAddress.resolve(host: name, port: port).map { Finding.Place(address: $0, weight: 1) }, .max)
        }
        if let only = SocketAddress(host: name, port: port) { return ([Finding.Place(address: only, weight: 1)], .max) }
        return addresses(name, port, weight: 1, of: given, known: [])
    }

    private func addresses(
        _ name: String, _ port: UInt16, weight: Int, of servers: NameServers, known: [DNSMessage.Record]
    ) -> (places: [Finding.Place], seconds: UInt32) {
        var answers: [DNSMessage.Answer] = []
        if known.isEmpty {
            for kind in [DNSMessage.Kind.a, .aaaa] {
                if let answer = try? servers.ask(DNSMessage.Question(name, kind)) { answers.append(answer) }
            }
        } else {
            answers = [DNSMessage.Answer(isTruncated: false, isUnknownName: false, records: known)]
        }
        var (places, seconds) = ([Finding.Place](), UInt32.max)
        for answer in answers {
            let found = answer.addresses(of: name)
            if found.addresses.isEmpty { continue }
            seconds = min(seconds, found.seconds)
            places += found.addresses.compactMap { SocketAddress(address: $0, port: port) }.map {
                Finding.Place(address: $0, weight: weight)
            }
        }
        return (places, seconds)
    }

    private func service(_ name: String) -> (places: [Finding.Place], seconds: UInt32) {
        let servers = given ?? system
        guard let answer = try? servers.ask(DNSMessage.Question(name, .service)) else { return ([], 0) }
        var (places, seconds) = ([Finding.Place](), UInt32.max)
        for choice in answer.services(of: name) {
            seconds = min(seconds, choice.seconds)
            // What stands beside the answer saves a question.
            let known = answer.records.filter { if case .address = $0.value { $0.name == choice.target } else { false } }
            let found = addresses(choice.target, choice.port, weight: choice.weight, of: servers, known: known)
            places += found.places.map { Finding.Place(address: $0.address, weight: $0.weight, rank: choice.rank) }
            if !found.places.isEmpty { seconds = min(seconds, found.seconds) }
        }
        return (places, seconds)
    }
}

extension DNSMessage.Answer {
    package struct Service: Hashable, Sendable {
        package var target: String
        package var port: UInt16
        /// 1…1,000.
        package var weight: Int
        package var seconds: UInt32
        /// 0: of the first priority; others are for when none of an earlier one can be reached (RFC 2782).
        package var rank = 0
    }

    /// All that records name, the first priority first.
    package func services(of name: String) -> [Service] {
        let name = name.lowercased()
        var found: [(priority: UInt16, service: Service)] = []
        for record in records where record.name == name {
            guard case .service(let priority, let weight, let port, let target) = record.value else { continue }
            // A dot alone: there is none, and it is meant so.
            if target.isEmpty || port == 0 { continue }
            let share = min(max(Int(weight), 1), 1000)
            found.append((priority, Service(target: target, port: port, weight: share, seconds: record.seconds)))
        }
        let priorities = Set(found.map(\.priority)).sorted()
        return priorities.enumerated().flatMap { rank, priority in
            found.filter { $0.priority == priority }.map { one in
                var service = one.service
                service.rank = rank
                return service
            }
        }
    }
}
