import Testing

/// Everything that opens sockets, one after the other: descriptors and their limit belong to the whole process.
@Suite(.serialized) struct EngineTests {}
