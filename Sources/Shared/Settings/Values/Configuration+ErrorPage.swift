extension Configuration {
    /// What stands in for the plain words of an error.
    package struct ErrorPage: Hashable, Sendable {
        package var statuses: ErrorStatuses
        package var source: Source

        package init(statuses: ErrorStatuses, source: Source) {
            self.statuses = statuses
            self.source = source
        }

        package enum Source: Hashable, Sendable {
            /// A path in the release, without a leading slash.
            case release(String)
            /// A file of this machine, read at start and at every reload.
            case file(PlacedPath)
        }
    }

    /// One status, or all of a class that have no page of their own.
    package enum ErrorStatuses: Hashable, Sendable {
        case one(UInt16)
        /// 4: errors of the client; 5: of the server.
        case all(UInt16)

        /// Those that Tandem itself answers with words.
        static let known: [UInt16] = [400, 401, 403, 404, 405, 413, 429, 500, 502, 503, 504]

        /// `404`, `5xx`.
        init?(_ text: String) {
            switch text {
            case "4xx": self = .all(4)
            case "5xx": self = .all(5)
            default:
                guard let status = UInt16(text), Self.known.contains(status), "\(status)" == text else { return nil }
                self = .one(status)
            }
        }

        package var text: String {
            switch self {
            case .one(let status): "\(status)"
            case .all(let digit): "\(digit)xx"
            }
        }
    }
}

extension Kind where Value == Configuration.ErrorPage.Source {
    /// With a slash in front a file of this machine, else a name in the release.
    static var errorPage: Kind {
        let (file, name) = (Kind<Configuration.PlacedPath>.placedPath, Kind<String>.documentName)
        return Kind(
            shape: .text(label: "path", pattern: nil),
            read: { node, reading in
                if reading.expanded(node)?.hasPrefix("/") == true { return file.read(node, &reading).map(Value.file) }
                return name.read(node, &reading).map(Value.release)
            },
            write: { source in
                switch source {
                case .release(let text): name.write(text)
                case .file(let path): file.write(path)
                }
            })
    }
}

extension Kind where Value == [Configuration.ErrorPage] {
    static var errorPages: Kind {
        let words = Configuration.ErrorStatuses.known.map { "\($0)" } + ["4xx", "5xx"]
        return .map(
            "status", keyPattern: "^(\(words.joined(separator: "|")))$", .errorPage,
            name: { text, position, reading in
                let statuses = Configuration.ErrorStatuses(text)
                if statuses == nil {
                    reading.fault(position, "\(Quoted(text)) is no status that can have a page: one of \(words.joined(separator: ", "))")
                }
                return statuses
            },
            join: { Configuration.ErrorPage(statuses: $0, source: $1) }, split: { ($0.statuses.text, $0.source) })
    }
}
