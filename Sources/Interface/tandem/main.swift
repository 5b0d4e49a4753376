import Commands

TandemCommand.start()
