import Blobs
import Serving
import Settings
import Snapshots

extension ErrorPages {
    /// A page is sent with every such error, and lies in memory.
    private static let sizeLimit = 1 << 20

    /// Reads the files among the pages.
    /// - Parameter faults: what cannot be read is added, each where the configuration names it, and left out.
    init(reading pages: [Configuration.ErrorPage], faults: inout [Fault]) {
        self.init()
        for page in pages {
            let key: UInt16 =
                switch page.statuses {
                case .one(let status): status
                case .all(let digit): digit
                }
            switch page.source {
            case .release(let name): set(.release(name), for: key)
            case .file(let file):
                do {
                    let body = try FileReader.readAll(file.path)
                    if body.count > Self.sizeLimit {
                        faults.append(file.place.fault("the page \(file.path) is larger than 1 MB"))
                    } else {
                        set(.fixed(type: ContentTypes.of(path: file.path), body: body), for: key)
                    }
                } catch {
                    faults.append(file.place.fault("the page \(file.path) cannot be read: \(error)"))
                }
            }
        }
    }
}
