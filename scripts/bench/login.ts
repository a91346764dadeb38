/**
 * Logs in to PostgreSQL and does nothing: what no program that was compiled the same way can go
 * below. Arguments: host, port, user, database. The server must ask for no password.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP
 */
async function login([host = "", port = "", user = "", database = ""]: readonly string[]) {
  const connection = await Deno.connect({ hostname: host, port: Number(port) });
  connection.setNoDelay(true);
  const words = new TextEncoder().encode(`user\0${user}\0database\0${database}\0\0`);
  const greeting = new Uint8Array(8 + words.length);
  const view = new DataView(greeting.buffer);
  view.setInt32(0, greeting.length);
  view.setInt32(4, 3 << 16);
  greeting.set(words, 8);
  await connection.write(greeting);
  const answer = new Uint8Array(1 << 16);
  for (let size = 0;;) {
    const more = await connection.read(answer.subarray(size));
    if (more === null) throw new Error("the server closed the connection");
    size += more;
    // ReadyForQuery: "Z", a length of 5, "I" for idle.
    if (answer[size - 6] === 0x5a && answer[size - 1] === 0x49) break;
  }
  await connection.write(new Uint8Array([0x58, 0, 0, 0, 4]));
  connection.close();
}

if (import.meta.main) await login(Deno.args);
