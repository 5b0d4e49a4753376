/// Finds the URLs of a web application manifest (W3C appmanifest, and its supplement "application information").
package enum WebManifestReader {
    package static func read(_ bytes: [UInt8]) -> Reading {
        Reading.json(bytes, in: 0..<bytes.count) { cursor, reading in
            cursor.members { name, value in
                switch name.value {
                case "start_url", "scope", "id": reading.add(value.string(), .selfName)
                case "icons", "screenshots": images(&value, &reading)
                case "shortcuts":
                    value.elements { shortcut in
                        shortcut.members { name, value in
                            switch name.value {
                            case "url": reading.add(value.string(), .page)
                            case "icons": images(&value, &reading)
                            default: break
                            }
                        }
                    }
                case "share_target", "note_taking":
                    value.members { name, value in
                        if name.value == "action" || name.value == "new_note_url" { reading.add(value.string(), .page) }
                    }
                case "file_handlers":
                    value.elements { handler in
                        handler.members { name, value in
                            switch name.value {
                            case "action": reading.add(value.string(), .page)
                            case "icons": images(&value, &reading)
                            default: break
                            }
                        }
                    }
                case "serviceworker":
                    value.members { name, value in
                        if name.value == "src" { reading.add(value.string(), .serviceWorker) }
                    }
                default: break
                }
            }
        }
    }

    private static func images(_ cursor: inout JSONCursor, _ reading: inout Reading) {
        cursor.elements { image in
            image.members { name, value in
                if name.value == "src" { reading.add(value.string(), .image) }
            }
        }
    }
}
