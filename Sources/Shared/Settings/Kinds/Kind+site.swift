import Model

extension Kind where Value == [Configuration.Site] {
    static var sites: Kind {
        .map(
            "site", keyPattern: "^[a-z0-9][a-z0-9_-]{0,62}$", .section(Configuration.Site.schema), atLeast: 1,
            name: { text, position, reading in
                let name = SiteName(text)
                if name == nil {
                    reading.fault(position, "\(Quoted(text)) is not a site name: 1 to 63 of a–z 0–9 - and _, first a letter or a digit")
                }
                return name
            },
            join: { name, site in
                var site = site
                site.name = name
                return site
            }, split: { ($0.name.text, $0) })
    }
}

extension Kind where Value == [Configuration.Header] {
    static var headers: Kind {
        .map(
            "response field", keyPattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", .fieldValue,
            fold: { $0.lowercased() },
            name: { text, position, reading in
                guard FieldRules.isToken(text) else {
                    reading.fault(position, "\(Quoted(text)) is not a field name: letters, digits and -, as in X-Frame-Options")
                    return nil
                }
                if let refusal = FieldRules.refusal(text) {
                    reading.fault(position, "\(Quoted(text)) cannot be set here: \(refusal)")
                    return nil
                }
                return text
            },
            join: { Configuration.Header(name: $0, value: $1) }, split: { ($0.name, $0.value) })
    }
}

extension Kind where Value == Configuration.Fingerprints {
    static var fingerprints: Kind {
        let list = Kind<[String]>.list(.pattern, count: 1...100)
        return .word("auto", means: .auto, or: list.map(Value.declared) { $0.patterns.isEmpty ? nil : $0.patterns })
    }
}

extension Kind where Value == Configuration.AddressRange {
    static var addressRange: Kind {
        .parsed("range of addresses") { text, _ throws(Complaint) in
            try Value(parsing: text)
        } write: {
            $0.description
        }
    }
}

extension Kind where Value == Configuration.CacheControl {
    static var cacheControl: Kind {
        .parsed("Cache-Control") { text, _ throws(Complaint) in
            try Value(parsing: text)
        } write: {
            $0.text
        }
    }
}

extension Kind where Value == Configuration.Absent {
    /// `off`, until `on` is there.
    static func off(_ name: String) -> Kind {
        .only("off", means: .off) { _, text in text == "on" ? name : nil }
    }
}
