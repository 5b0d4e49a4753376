import Commands

await TandemCommand.run()
