"""A WebSocket server of another make: says its port, then every message that it gets."""
import asyncio
import logging

import websockets


async def echo(connection, *_):
    async for message in connection:
        await connection.send(message)


async def main():
    async with websockets.serve(echo, "127.0.0.1", 0, max_size=None, compression=None, ping_interval=None) as server:
        print(list(server.sockets)[0].getsockname()[1], flush=True)
        await asyncio.Future()


logging.disable(logging.CRITICAL)
asyncio.run(main())
