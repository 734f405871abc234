// A socket.io client that says what happens to it, one JSON object a line, until its standard input ends.
const { io } = require("socket.io-client");

const [url, token, transport] = process.argv.slice(2);
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const options = { reconnection: false, auth: token ? { token } : {} };
const socket = io(url, transport ? { ...options, transports: [transport] } : options);

socket.on("connect", () => say({ connected: socket.io.engine.transport.name }));
socket.on("connect_error", (error) => say({ refused: error.message }));
socket.on("disconnect", (reason) => say({ disconnected: reason }));
socket.onAny((event, data) => say({ event, data }));
process.stdin.on("end", () => process.exit(0)).resume();
