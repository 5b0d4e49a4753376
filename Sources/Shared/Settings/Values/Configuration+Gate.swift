import Model

extension Configuration {
    /// How often a route may be used.
    package struct Limit: Hashable, Sendable {
        package var by = Key.client
        /// 1…1,000,000 in `per`.
        package var requests: Int
        package var per = Duration.seconds(1)
        /// That may come at once; nil: as many as in `per`.
        package var burst: Int?

        package init(requests: Int) {
            self.requests = requests
        }

        /// What requests are told apart by.
        package enum Key: Hashable, Sendable {
            case client, host, path
            case header(String)
        }
    }

    /// What a route does to the fields of a message on its way.
    package struct FieldEdits: Hashable, Sendable {
        /// Takes the place of all of that name.
        package var set: [Header] = []
        /// Stands beside those of that name.
        package var add: [Header] = []
        /// Names; a `*` at the end stands for any rest.
        package var remove: [String] = []

        package init() {}
    }

    /// What of a path servers see.
    package struct PathEdit: Hashable, Sendable {
        /// What it begins with and they do not see.
        package var strip: String?
        /// What is put before it.
        package var add: String?

        package init() {}
    }
}
