import Model

@testable import Caching

/// Sun, 06 Nov 1994 08:49:37 GMT, when most of these tests happen.
let now = Timestamp(milliseconds: 784_111_777_000)
let nowText = "Sun, 06 Nov 1994 08:49:37 GMT"

func seconds(_ count: Int64) -> Duration { .seconds(count) }

/// Header fields from `name: value` lines.
func fields(_ lines: String...) -> FieldLines {
    FieldLines(
        lines.map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return .init(String(line[..<colon]), Array(line[colon...].dropFirst().utf8))
        })
}

/// A response that came now, at once, with a `Date` of now unless the lines have another.
func response(_ lines: String..., status: Int = 200, delay: Duration = .zero) -> OriginResponse {
    var all = FieldLines(
        lines.map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return .init(String(line[..<colon]), Array(line[colon...].dropFirst().utf8))
        })
    if !all.contains("date") { all.lines.append(.init("Date", Array(nowText.utf8))) }
    return OriginResponse(status: status, fields: all, requestedAt: now + (.zero - delay), receivedAt: now)
}

func get(_ directives: String = "", authorization: Bool = false, method: String = "GET") -> Storing.Request {
    Storing.Request(method: method, directives: control(directives), hasAuthorization: authorization)
}

func control(_ value: String) -> Directives { Directives(ListMembers.of(Array(value.utf8))) }
