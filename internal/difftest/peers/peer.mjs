// Answers questions about the AT Protocol with two independent sets of packages,
// @atproto/* and @atcute/*, for the differential tests of package difftest.
//
//	node peer.mjs DIR
//
// DIR is where the packages of package.json are installed. One question per
// line of standard input, one line of answers per question, in the same order:
//
//	function argument...      arguments in base64, "-" for an empty one
//	answer answer             of @atproto, of @atcute
//
// An answer is "+" for yes, "=" and base64 for yes with a result, "!" and
// base64 for no with the reason, "~" where there is nothing to ask.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const dir = resolve(process.argv[2] ?? import.meta.dirname);
const packages = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8')).dependencies;
for (const [name, version] of Object.entries(packages)) {
	const found = JSON.parse(readFileSync(join(dir, 'node_modules', name, 'package.json'), 'utf8')).version;
	if (found !== version) throw new Error(`${name} ${found} is installed, not ${version}`);
}
const from = createRequire(join(dir, 'package.json'));
const load = (name) => import(from.resolve(name));

const [syntax, keys, lexCBOR, lexData, lexJSON] = await Promise.all(
	['syntax', 'crypto', 'lex-cbor', 'lex-data', 'lex-json'].map((name) => load(`@atproto/${name}`)));
const [strings, tid, cbor, cid, sigs] = await Promise.all(
	['lexicons/syntax', 'tid', 'cbor', 'cid', 'crypto'].map((name) => load(`@atcute/${name}`)));

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const hex = (bytes) => Buffer.from(bytes).toString('hex');

// Thrown by a function that can't be asked this question.
const unasked = new Error('not asked');

// text makes functions of strings out of functions of bytes. Strings that are
// not UTF-8 can't be asked about.
const text = (f) => (bytes) => {
	let s;
	try {
		s = utf8.decode(bytes);
	} catch {
		throw unasked;
	}
	return f(s);
};

// is makes a function that refuses out of one that answers true or false.
const is = (f) => async (...args) => {
	if (!(await f(...args))) throw new Error('no');
};
const both = (a, b) => [text(is(a)), text(is(b))];

// then gives the result of g for what f accepts.
const then = (f, g) => text((s) => {
	if (!f(s)) throw new Error('no');
	return g(s);
});

// How each set represents byte strings and links in trees of values.
const atproto = {
	encode: lexCBOR.encode,
	decode: lexCBOR.decode,
	fromBytes: (b) => b,
	toBytes: (v) => (v instanceof Uint8Array ? v : undefined),
	fromLink: (b) => lexData.decodeCid(b),
	toLink: (v) => (lexData.isCid(v) ? v.bytes : undefined),
};
const atcute = {
	encode: cbor.encode,
	decode: cbor.decode,
	fromBytes: cbor.toBytes,
	toBytes: (v) => (v instanceof cbor.BytesWrapper ? cbor.fromBytes(v) : undefined),
	fromLink: (b) => new cbor.CidLinkWrapper(b),
	toLink: (v) => (v instanceof cbor.CidLinkWrapper ? v.bytes : undefined),
};

// show writes a tree in the notation of the tests: n T F, iDECIMAL; tHEX; bHEX;
// lHEX; [values] {keys and values in canonical order}.
function show(v, lib) {
	if (v === null) return 'n';
	if (v === undefined) return 'u';
	if (typeof v === 'boolean') return v ? 'T' : 'F';
	if (typeof v === 'string') return `t${hex(Buffer.from(v))};`;
	if (typeof v === 'bigint' || Number.isInteger(v)) return `i${v};`;
	if (typeof v === 'number') return `f${v};`;
	if (Array.isArray(v)) return `[${v.map((e) => show(e, lib)).join('')}]`;
	const bytes = lib.toBytes(v);
	if (bytes) return `b${hex(bytes)};`;
	const link = lib.toLink(v);
	if (link) return `l${hex(link)};`;
	const key = (k) => `t${hex(Buffer.from(k))};`;
	const entries = Object.entries(v).map(([k, e]) => [key(k), show(e, lib)]);
	entries.sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));
	return `{${entries.flat().join('')}}`;
}

// build makes a tree from the notation.
function build(notation, lib) {
	let at = 0;
	const word = () => {
		const end = notation.indexOf(';', at);
		const w = notation.slice(at, end);
		at = end + 1;
		return w;
	};
	const bytes = () => new Uint8Array(Buffer.from(word(), 'hex'));
	const value = () => {
		switch (notation[at++]) {
			case 'n': return null;
			case 'T': return true;
			case 'F': return false;
			case 'i': {
				const i = BigInt(word());
				return Number.isSafeInteger(Number(i)) ? Number(i) : i;
			}
			case 't': return utf8.decode(bytes());
			case 'b': return lib.fromBytes(bytes());
			case 'l': return lib.fromLink(bytes());
			case '[': {
				const a = [];
				for (; notation[at] !== ']';) a.push(value());
				at++;
				return a;
			}
			case '{': {
				const o = {};
				for (; notation[at] !== '}';) {
					const key = value();
					Object.defineProperty(o, key, { value: value(), enumerable: true });
				}
				at++;
				return o;
			}
			default: throw unasked;
		}
	};
	return value();
}

// Keys, as the algorithm and the compressed point.
const plugins = { ES256: keys.p256Plugin, ES256K: keys.secp256k1Plugin };
const atprotoKey = (parse) => text((s) => {
	const { jwtAlg, keyBytes } = parse(s);
	return `${jwtAlg} ${hex(plugins[jwtAlg].compressPubkey(keyBytes))}`;
});
const atcuteKey = (parse) => text(async (s) => {
	const { jwtAlg, type, publicKeyBytes } = parse(s);
	const { PublicKey } = curves[type];
	const { x, y } = await (await PublicKey.importRaw(publicKeyBytes)).exportPublicKey('jwk');
	const odd = Buffer.from(y, 'base64url').at(-1) & 1;
	return `${jwtAlg} 0${2 + odd}${hex(Buffer.from(x, 'base64url'))}`;
});
const curves = {
	p256: { Keypair: keys.P256Keypair, PrivateKey: sigs.P256PrivateKey, PublicKey: sigs.P256PublicKey },
	secp256k1: { Keypair: keys.Secp256k1Keypair, PrivateKey: sigs.Secp256k1PrivateKey, PublicKey: sigs.Secp256k1PublicKey },
};
const verify = (allowMalleableSig) => [
	is((key, msg, sig) => keys.verifySignature(utf8.decode(key), msg, sig, { allowMalleableSig })),
	is((key, msg, sig) => sigs.verifySigWithDidKey(utf8.decode(key), sig, msg, { allowMalleableSig })),
];

const uri = (repo, collection, rkey) => [repo, collection ?? '', rkey ?? ''].join(' ');
const cids = (codec, atcuteCodec) => [
	async (b) => (await codec(b)).toString(),
	async (b) => cid.toString(await cid.create(atcuteCodec, b)),
];

// The functions, of @atproto and of @atcute.
const functions = {
	'at-identifier': both(syntax.isValidAtIdentifier, strings.isActorIdentifier),
	'at-uri': [
		text((s) => {
			const { success, value, message } = syntax.parseAtUriString(s, { strict: true });
			if (!success) throw new Error(message);
			return uri(value.authority, value.collection, value.rkey);
		}),
		text((s) => {
			const { repo, collection, rkey } = strings.parseResourceUri(s);
			return uri(repo, collection, rkey);
		}),
	],
	'cid-string': both(lexData.validateCidString, strings.isCid),
	datetime: [then(syntax.isValidDatetime, syntax.normalizeDatetime), text(is(strings.isDatetime))],
	did: both(syntax.isValidDid, strings.isDid),
	handle: [then(syntax.isValidHandle, syntax.normalizeHandle), text(is(strings.isHandle))],
	language: both(syntax.isValidLanguage, strings.isLanguageCode),
	nsid: [
		text((s) => {
			const nsid = syntax.NSID.parse(s);
			return `${nsid.authority.toLowerCase()} ${nsid.name}`;
		}),
		text(is(strings.isNsid)),
	],
	'record-key': both(syntax.isValidRecordKey, strings.isRecordKey),
	tid: [
		text(is(syntax.isValidTid)),
		then((s) => strings.isTid(s) && tid.validate(s), (s) => {
			const { timestamp, clockid } = tid.parse(s);
			return `${timestamp} ${clockid}`;
		}),
	],
	uri: both(syntax.isValidUri, strings.isGenericUri),

	'cbor.decode': [atproto, atcute].map((lib) => (b) => show(lib.decode(b), lib)),
	'cbor.encode': [atproto, atcute].map((lib) => (b) => lib.encode(build(b.toString(), lib))),
	'cbor.cid': cids(lexData.cidForCbor, cid.CODEC_DCBOR),
	'raw.cid': cids(lexData.cidForRawBytes, cid.CODEC_RAW),

	'json.decode': [
		(b) => lexCBOR.encode(lexJSON.lexParseJsonBytes(b, { strict: true })),
		(b) => cbor.encode(JSON.parse(utf8.decode(b))),
	],
	'json.encode': [
		(b) => lexJSON.lexStringify(lexCBOR.decode(b)),
		(b) => JSON.stringify(cbor.decode(b)),
	],

	'cid.text': [
		then((s) => lexData.validateCidString(s, { flavor: 'dasl' }), (s) => lexData.parseCid(s).bytes),
		text((s) => cid.fromString(s).bytes),
	],
	'cid.bytes': [
		(b) => lexData.decodeCid(b, { flavor: 'dasl' }).toString(),
		(b) => cid.toString(cid.decode(b)),
	],

	'did:key': [atprotoKey(keys.parseDidKey), atcuteKey(sigs.parseDidKey)],
	multikey: [atprotoKey(keys.parseMultikey), atcuteKey(sigs.parsePublicMultikey)],
	'private-key': [
		async (curve, key) => (await curves[curve].Keypair.import(key)).did(),
		async (curve, key) => (await curves[curve].PrivateKey.importRaw(key)).exportPublicKey('did'),
	],

	sign: [
		async (curve, key, msg) => (await curves[curve].Keypair.import(key)).sign(msg),
		async (curve, key, msg) => (await curves[curve].PrivateKey.importRaw(key)).sign(msg),
	],
	verify: verify(false),
	'verify-malleable': verify(true),
};

const base64 = (v) => Buffer.from(v).toString('base64');

async function answer(f, args) {
	try {
		const result = await f(...args);
		return result === undefined ? '+' : `=${base64(result)}`;
	} catch (err) {
		return err === unasked ? '~' : `!${base64(String(err?.message ?? err).slice(0, 200))}`;
	}
}

let rest = '';
for await (const chunk of process.stdin.setEncoding('latin1')) {
	const lines = (rest + chunk).split('\n');
	rest = lines.pop();
	let out = '';
	for (const line of lines) {
		const [name, ...fields] = line.split(' ');
		const f = functions[name];
		if (!f) throw new Error(`no function ${name}`);
		const args = fields.map((a) => Buffer.from(a === '-' ? '' : a, 'base64'));
		out += `${await answer(f[0], args)} ${await answer(f[1], args)}\n`;
	}
	process.stdout.write(out);
}
