import { once } from 'node:events';
import { type AddressInfo, type Server as Listener, type Socket, connect, createServer } from 'node:net';

/**
 * A TCP proxy between a browser and a server. It can cut WebSockets while it still forwards requests for pages. The
 * browser's own offline mode does not close open sockets.
 */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private readonly connections = new Set<Socket>();
  private isCut = false;
  private lifetime: number | undefined;

  private constructor(
    private readonly listener: Listener,
    private target: string,
  ) {}

  static async start(server: { url: string }): Promise<TcpProxy> {
    const listener = createServer();
    const proxy = new TcpProxy(listener, server.url);
    listener.on('connection', (client) => proxy.accept(client));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** Forwards new connections to another server. */
  redirectTo(server: { url: string }): void {
    this.target = server.url;
  }

  /** Resets every WebSocket and refuses new ones. */
  cut(): void {
    this.isCut = true;
    this.sockets.forEach((socket) => socket.resetAndDestroy());
  }

  /** Resets every new WebSocket after this many milliseconds, like a platform with a request timeout. */
  limitLifetime(lifetime: number): void {
    this.lifetime = lifetime;
  }

  restore(): void {
    this.isCut = false;
  }

  close(): void {
    this.listener.close();
    this.connections.forEach((connection) => connection.destroy());
  }

  private accept(client: Socket): void {
    this.track(client, this.connections);
    client.once('data', (head: Buffer) => {
      // Browsers open a separate connection for each WebSocket, so the first request line identifies it.
      if (head.toString('latin1').startsWith('GET /ws ')) {
        if (this.isCut) return client.resetAndDestroy();
        this.track(client, this.sockets);
        if (this.lifetime !== undefined) this.cutAfter(client, this.lifetime);
      }
      this.forward(client, head);
    });
  }

  private cutAfter(socket: Socket, lifetime: number): void {
    const end = setTimeout(() => socket.resetAndDestroy(), lifetime);
    socket.on('close', () => clearTimeout(end));
  }

  private forward(client: Socket, head: Buffer): void {
    const { hostname, port } = new URL(this.target);
    const server = connect(Number(port), hostname);
    this.track(server, this.connections);
    server.write(head);
    client.pipe(server).pipe(client);
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  }

  private track(socket: Socket, set: Set<Socket>): void {
    set.add(socket);
    socket.on('close', () => set.delete(socket));
    // Broken connections are expected here; `close` follows.
    socket.on('error', () => {});
  }
}
