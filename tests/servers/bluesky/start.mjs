// Starts a real Bluesky server with its directory of identities, on loopback, for one run of the tests.
//
//   node start.mjs FOLDER      prints {"url": "http://localhost:PORT"} once it serves; SIGTERM ends it
//
// The packages are those of the folder it is started in. Both servers would listen on every address.
import { createServer, Server } from 'node:http'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const load = createRequire(join(process.cwd(), 'package.json'))
const { Secp256k1Keypair } = load('@atproto/crypto')
const { Database, PlcServer } = load('@did-plc/server')
const { PDS } = load('@atproto/pds')

const listen = Server.prototype.listen
Server.prototype.listen = function listenOnLoopback(where, ...rest) {
  const done = rest.find((one) => typeof one === 'function')
  return listen.call(this, { port: typeof where === 'object' ? where.port : where, host: '127.0.0.1' }, done)
}

async function freePort() {
  const probe = createServer()
  await new Promise((done) => probe.listen(0, done))
  const { port } = probe.address()
  await new Promise((done) => probe.close(done))
  return port
}

const folder = process.argv[2]
const blobs = join(folder, 'blobs')
mkdirSync(blobs, { recursive: true })
const [plcPort, port] = [await freePort(), await freePort()]
const plc = PlcServer.create({ db: Database.mock(), port: plcPort })
await plc.start()

const rotation = await Secp256k1Keypair.create({ exportable: true })
const recovery = await Secp256k1Keypair.create()
const nowhere = 'http://127.0.0.1:9' // nobody indexes or moderates here
const pds = await PDS.fromEnv({
  port,
  hostname: 'localhost',
  devMode: true,
  disableSsrfProtection: true,
  dataDirectory: folder,
  blobstoreDiskLocation: blobs,
  blobUploadLimit: 5 * 1024 * 1024,
  adminPassword: 'an-admin-of-tests',
  jwtSecret: 'a-secret-of-tests',
  plcRotationKeyK256PrivateKeyHex: Buffer.from(await rotation.export()).toString('hex'),
  recoveryDidKey: recovery.did(),
  didPlcUrl: `http://localhost:${plcPort}`,
  serviceHandleDomains: ['.test'],
  inviteRequired: false,
  rateLimitsEnabled: false,
  crawlers: [],
  bskyAppViewUrl: nowhere,
  bskyAppViewDid: 'did:example:nobody',
  bskyAppViewCdnUrlPattern: `${nowhere}/%s/%s/%s`,
  modServiceUrl: nowhere,
  modServiceDid: 'did:example:nobody',
})
await pds.start()
console.log(JSON.stringify({ url: `http://localhost:${port}` }))

async function stop() {
  await pds.destroy()
  await plc.destroy()
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
