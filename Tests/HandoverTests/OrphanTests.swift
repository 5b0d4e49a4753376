import Handover
import Testing

@Suite struct OrphanTests {
    @Test func anOfferThatIsBeingMadeIsNone() {
        #expect(Orphan.isOffer(Orphan.offer(of: 4711)))
        // As a socket is called before it is listened on: connecting to it fails, and what fails is removed.
        #expect(!Orphan.isOffer(Orphan.offer(of: 4711) + ".4711"))
        #expect(!Orphan.isOffer("control.sock") && !Orphan.isOffer("admin.sock"))
    }
}
