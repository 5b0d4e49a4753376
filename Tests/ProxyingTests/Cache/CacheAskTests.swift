import Caching
import HTTPEngine
import Model
import Snapshots
import Testing

@testable import Proxying

@Suite struct CacheAskTests {
    private static func ask(_ target: String, asked: String?, visible: String? = nil) throws -> CacheAsk {
        let request = try DetachedRequest(head: Array("GET \(target) HTTP/1.1\r\nHost: Shop.example\r\n\r\n".utf8))
        let server = UpstreamServer(name: "s", origin: .unix(path: "/run/s"))
        let order = PassageOrder(
            request.exchange, ProxyRoute(ProxyPolicy(backend: BackendPolicy(number: 0, name: "app", servers: [server]))))
        order.target = asked.map { Array($0.utf8) }
        order.visibleTarget = visible.map { Array($0.utf8) }
        return withExtendedLifetime(request) { CacheAsk(order, CachePolicy(site: .default)) }
    }

    /// Two routes that take different beginnings away may ask two servers for one path.
    @Test func whatIsKeptIsKeptUnderTheClientsNameForIt() throws {
        let one = try Self.ask("/a/x.js?v=1", asked: "/x.js?v=1")
        let other = try Self.ask("/b/x.js?v=1", asked: "/x.js?v=1")
        #expect(one.target == "/x.js?v=1" && other.target == "/x.js?v=1")
        #expect(one.key != other.key)
        #expect(one.key.text == "http://shop.example/a/x.js?v=1")
    }

    @Test func dotsMakeNoSecondName() throws {
        let plain = try Self.ask("/a/x.js", asked: nil)
        let dotted = try Self.ask("/a/../a/x.js", asked: "/a/x.js", visible: "/a/x.js")
        #expect(plain.key == dotted.key)
    }
}
