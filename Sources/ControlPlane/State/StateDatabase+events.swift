import GRDB
import Model

extension StateDatabase {
    /// The site's events with a number above `since`, oldest first, at most `limit`: ask again from the last one's number.
    package func events(_ site: SiteName, since: Int64 = 0, limit: Int = 1000) throws(StateError) -> [Event] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM events WHERE site = ? AND number > ? ORDER BY number LIMIT ?",
                arguments: [site.text, since, limit]
            ).map(Event.init(row:))
        }
    }

    /// The site's newest events, oldest first.
    package func latestEvents(_ site: SiteName, limit: Int) throws(StateError) -> [Event] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM (SELECT * FROM events WHERE site = ? ORDER BY number DESC LIMIT ?) ORDER BY number",
                arguments: [site.text, limit]
            ).map(Event.init(row:))
        }
    }

    static func record(_ db: Database, _ event: Event) throws {
        try db.cachedStatement(
            sql: "INSERT INTO events (at, site, release, rollout, kind, actor, reason) VALUES (?, ?, ?, ?, ?, ?, ?)"
        ).execute(arguments: [
            event.at.milliseconds, event.site.text, event.release?.hex, event.rollout, event.kind, event.actor, event.reason,
        ])
    }
}
