import Glibc
import Testing

@testable import Sockets

@Suite struct ListeningSocketTests {
    private static let path = "/tmp/tandem-sockets-\(getpid()).sock"

    @Test(arguments: [
        "", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+80",
        "a.example:80", "1.2.3:80",
        "[::1", "[::g]:80", "unix:", "unix:/tmp/" + String(repeating: "x", count: 110),
    ])
    func whatIsNoAddressIsSaidSo(_ address: String) {
        #expect(throws: SocketFault.badAddress(address)) { try ListeningSocket.open(address) }
    }

    @Test func thePortThatTheKernelChoseIsTold() throws {
        let socket = try ListeningSocket.open("127.0.0.1:0")
        defer { close(socket.descriptor) }
        #expect(socket.address.hasPrefix("127.0.0.1:"))
        #expect(UInt16(socket.address.dropFirst(10)) ?? 0 > 0)
        #expect(fcntl(socket.descriptor, F_GETFD) & FD_CLOEXEC != 0)
        let copy = try socket.duplicate()
        #expect(fcntl(copy, F_GETFD) & FD_CLOEXEC != 0)
        close(copy)
    }

    @Test func anAddressInUseIsSaidSo() throws {
        let socket = try ListeningSocket.open("127.0.0.1:0")
        defer { close(socket.descriptor) }
        #expect(throws: SocketFault.addressInUse(socket.address)) { try ListeningSocket.open(socket.address) }
    }

    @Test func overlappingAddressesAreBoundBesideEachOtherForAMomentOnly() throws {
        let all = try ListeningSocket.open("0.0.0.0:0")
        defer { close(all.descriptor) }
        let port = all.address.split(separator: ":")[1]
        #expect(throws: SocketFault.addressInUse("127.0.0.1:\(port)")) { try ListeningSocket.open("127.0.0.1:\(port)") }
        let one = try ListeningSocket.open("127.0.0.1:\(port)", beside: [all])
        defer { close(one.descriptor) }
        #expect(throws: SocketFault.addressInUse("127.0.0.2:\(port)")) { try ListeningSocket.open("127.0.0.2:\(port)") }
        #expect(throws: SocketFault.addressInUse(one.address)) { try ListeningSocket.open(one.address) }
    }

    @Test func addressesOverlapWhereOneIsOfEveryAddress() {
        #expect(ListeningSocket.overlap("0.0.0.0:80", "127.0.0.1:80"))
        #expect(ListeningSocket.overlap("[::1]:80", "[::]:80"))
        #expect(!ListeningSocket.overlap("0.0.0.0:80", "0.0.0.0:80"))
        #expect(!ListeningSocket.overlap("0.0.0.0:80", "127.0.0.1:81"))
        #expect(!ListeningSocket.overlap("127.0.0.2:80", "127.0.0.1:80"))
        #expect(!ListeningSocket.overlap("0.0.0.0:80", "[::1]:80"))
        #expect(!ListeningSocket.overlap("0.0.0.0:80", "unix:/tmp/a:80"))
    }

    @Test func anAddressThatIsNotOursIsSaidSo() {
        #expect(throws: SocketFault.cannotBind("192.0.2.1:8080", EADDRNOTAVAIL)) { try ListeningSocket.open("192.0.2.1:8080") }
        #expect(throws: SocketFault.cannotBind("unix:/nonexistent/a.sock", ENOENT)) {
            try ListeningSocket.open("unix:/nonexistent/a.sock")
        }
    }

    @Test func theSocketOfAServerThatIsGoneIsReplacedAndALiveOneIsNot() throws {
        unlink(Self.path)
        defer { unlink(Self.path) }
        let first = try ListeningSocket.open("unix:\(Self.path)")
        #expect(throws: SocketFault.addressInUse("unix:\(Self.path)")) { try ListeningSocket.open("unix:\(Self.path)") }
        close(first.descriptor)
        let second = try ListeningSocket.open("unix:\(Self.path)")
        #expect(second.isUnix)
        close(second.descriptor)
    }

    @Test func whatIsNoSocketIsNeverDeleted() {
        let descriptor = open(Self.path + ".txt", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        close(descriptor)
        defer { unlink(Self.path + ".txt") }
        let address = "unix:\(Self.path).txt"
        #expect(throws: SocketFault.addressInUse(address)) { try ListeningSocket.open(address) }
        #expect(access(Self.path + ".txt", F_OK) == 0)
    }
}
