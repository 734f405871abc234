// The old side: Express. `node server.cjs PORT`; BOOKS is the file that both sides share, as they would a database.
const { createHash, createHmac, timingSafeEqual } = require("node:crypto");
const { AsyncLocalStorage } = require("node:async_hooks");
const fs = require("node:fs");
const express = require("express");

const BOOKS = process.env.BOOKS;
const SECRET_FILE = process.env.SHADOW_KEY; // shadow.key in the state directory of Crossfade
const AUDIT = process.env.AUDIT; // who read what: a copy must not be in it

// --- what Crossfade may be told: the two optional headers -----------------------------------------------------------
const asked = new AsyncLocalStorage();

function countsQueries(req, res, next) {
  const count = { queries: 0 };
  const writeHead = res.writeHead;
  res.writeHead = (...head) => {
    res.setHeader("X-Query-Count", count.queries);
    return writeHead.apply(res, head);
  };
  asked.run(count, next);
}

function isCopy(req) {
  const parts = (req.get("X-Crossfade-Signature") ?? "").split(",");
  const fields = Object.fromEntries(parts.map((part) => part.split("=", 2)));
  const isRecent = Math.abs(Date.now() / 1000 - Number(fields.t)) <= 300;
  if (req.get("X-Crossfade-Shadow") !== "read" || !isRecent) return false;
  const body = createHash("sha256").update(req.rawBody ?? "").digest("hex");
  const text = [req.method, req.originalUrl, fields.t, body].join("\n");
  const expected = createHmac("sha256", fs.readFileSync(SECRET_FILE, "utf8").trim()).update(text).digest();
  const given = Buffer.from(fields.v1 ?? "", "hex");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

// --- the application ------------------------------------------------------------------------------------------------
function load() {
  asked.getStore().queries += 1;
  return JSON.parse(fs.readFileSync(BOOKS, "utf8"));
}

function save(books) {
  asked.getStore().queries += 1;
  fs.writeFileSync(`${BOOKS}.draft`, JSON.stringify(books));
  fs.renameSync(`${BOOKS}.draft`, BOOKS);
}

const app = express();
app.set("etag", false);
app.use(countsQueries);
app.use(express.json());
app.use((req, res, next) => {
  if (req.method === "GET" && AUDIT && !isCopy(req)) fs.appendFileSync(AUDIT, `${req.originalUrl}\n`);
  next();
});

app.get("/v1/books", (req, res) => {
  const wanted = req.query.author;
  const books = load().filter((book) => wanted === undefined || book.author === wanted);
  for (const book of books) load(); // the N+1 that the new side has not
  res.json({ data: books, total: books.length });
});

app.get("/v1/books/:id", (req, res) => {
  const book = load().find((one) => one.id === Number(req.params.id));
  if (book === undefined) return res.status(404).json({ error: "no such book" });
  return res.json({ data: book });
});

app.post("/v1/books", (req, res) => {
  const { title, author, subtitle = null } = req.body ?? {};
  if (!title || !author) return res.status(400).json({ error: "title and author are required" });
  const books = load();
  const book = { id: 1 + Math.max(0, ...books.map((one) => one.id)), title, author, subtitle };
  save([...books, book]);
  return res.status(201).json({ data: book });
});

app.put("/v1/books/:id", (req, res) => {
  const books = load();
  const book = books.find((one) => one.id === Number(req.params.id));
  if (book === undefined) return res.status(404).json({ error: "no such book" });
  Object.assign(book, { title: req.body?.title ?? book.title });
  save(books);
  return res.json({ data: book });
});

app.post("/v1/login", (req, res) => res.json({ token: `t-${Date.now()}` }));

const server = app.listen(Number(process.argv[2] ?? 9001), "127.0.0.1", () => {
  console.log(`legacy serves http://127.0.0.1:${server.address().port}`);
});
