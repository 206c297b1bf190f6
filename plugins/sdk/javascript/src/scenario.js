/** A host for native tests: a request and the world around it. */

import { BlockList, isIP } from 'node:net';

import { DAYS } from './index.js';

const EMPTY = {
  operation: '',
  dataPlane: false,
  action: '',
  vault: undefined,
  objectKind: undefined,
  objectName: undefined,
  objectVersion: undefined,
  resource: '',
  principal: '',
  application: undefined,
  tenant: '',
  kind: '',
  groups: [],
  source: '',
  locations: {},
  subnet: undefined,
  tlsVersion: '',
  assignments: [],
  roles: [],
  tags: {},
  attributes: {},
  headers: {},
  claims: {},
  methods: [],
  authenticated: undefined,
  device: {},
  risk: {},
  virtualNetwork: undefined,
  privateEndpoint: undefined,
  clientCertificate: undefined,
  signals: {},
  data: {},
  counted: {},
  time: 0,
  settings: {},
};

export class Scenario {
  asked = [];

  constructor(given = {}) {
    for (const name of Object.keys(given)) {
      if (!Object.hasOwn(EMPTY, name)) throw new Error(`a scenario has no \`${name}\``);
    }
    const world = { ...EMPTY, ...given };
    const record = (question, answer, shown = inWords(answer)) => {
      this.asked.push(`${question} = ${shown}`);
      return answer;
    };
    this.request = request(world, record);
    this.principal = principal(world, record);
    this.network = network(world, record);
    this.directory = directory(world, record);
    this.clock = {
      before: (time) => record(`before ${time}`, BigInt(world.time) < BigInt(time)),
      within: (window) => record(`within ${windowInWords(window)}`, holds(window, world.time)),
    };
    this.data = data(world, record);
    this.counter = counter(world, record);
    this.settings = { json: () => record('settings', JSON.stringify(world.settings), '(not shown)') };
  }
}

function inWords(answer) {
  if (typeof answer === 'boolean') return answer ? 'yes' : 'no';
  return answer ?? 'none';
}

const request = (world, record) => ({
  operation: () => record('operation', world.operation),
  operationIn: (names) => record(`operation-in ${names.join(',')}`, names.includes(world.operation)),
  dataPlane: () => record('data-plane', world.dataPlane),
  plane: () => record('plane', world.dataPlane ? 'data' : 'management'),
  action: () => record('action', world.action),
  vault: () => record('vault', world.vault),
  objectKind: () => record('object-kind', world.objectKind),
  objectName: () => record('object-name', world.objectName),
  objectNameStartsWith: (prefix) => {
    if (prefix === '') throw new Error('objectNameStartsWith needs a text');
    const starts = (world.objectName ?? '').toLowerCase().startsWith(prefix.toLowerCase());
    return record(`object-name-starts-with ${prefix}`, starts);
  },
  tag: (name) => record(`tag ${name}`, member(world.tags, name)),
  tagIs: (name, value) => record(`tag-is ${name}=${value}`, member(world.tags, name) === value),
  attribute: (name) => {
    if (!['enabled', 'created', 'updated', 'expires', 'not-before'].includes(name)) {
      throw new Error(`there is no attribute \`${name}\``);
    }
    return record(`attribute ${name}`, member(world.attributes, name));
  },
  header: (name) => {
    const found = Object.entries(world.headers).find(([given]) => same(given, name));
    return record(`header ${name.toLowerCase()}`, found?.[1]);
  },
  objectVersion: () => record('object-version', world.objectVersion),
  resource: () => record('resource', world.resource),
  withinScope: (scope) => record(`within-scope ${scope}`, covers(scope, world.resource)),
});

const principal = (world, record) => ({
  id: () => record('principal-id', world.principal),
  is: (id) => record(`principal-is ${guid(id)}`, same(world.principal, id)),
  application: () => record('application', world.application),
  tenant: () => record('tenant', world.tenant),
  kind: () => record('principal-kind', world.kind),
  inGroup: (id) => record(`in-group ${guid(id)}`, world.groups.some((group) => same(group, id))),
  hasRole: (id) => {
    const held = world.assignments.filter((it) => covers(it.scope, world.resource));
    return record(`has-role ${guid(id)}`, held.some((it) => same(it.role, id)));
  },
  claim: (name) => record(`claim ${name}`, member(world.claims, name)),
  authenticatedWith: (method) => record(`authenticated-with ${method}`, world.methods.includes(method)),
  authenticatedWithin: (seconds) => {
    const within = world.authenticated !== undefined && world.authenticated <= seconds;
    return record(`authenticated-within ${seconds}`, within);
  },
  device: (property) => record(`device ${property}`, member(world.device, property)),
  risk: (kind) => record(`risk ${kind}`, member(world.risk, kind)),
});

const network = (world, record) => ({
  source: () => record('source', world.source),
  sourceIn: (prefixes) => {
    if (prefixes.length === 0) throw new Error('sourceIn needs at least one prefix');
    return record(`source-in ${prefixes.join(',')}`, liesIn(world.source, prefixes));
  },
  namedLocation: (name) =>
    record(`named-location ${name}`, liesIn(world.source, Object.hasOwn(world.locations, name) ? world.locations[name] : [])),
  namedLocationExists: (name) => record(`named-location-exists ${name}`, Object.hasOwn(world.locations, name)),
  subnet: () => record('subnet', world.subnet),
  tlsVersion: () => record('tls-version', world.tlsVersion),
  virtualNetwork: () => record('virtual-network', world.virtualNetwork),
  privateEndpoint: () => record('private-endpoint', world.privateEndpoint),
  clientCertificate: () => record('client-certificate', world.clientCertificate),
  signal: (name) => record(`signal ${name}`, member(world.signals, name)),
});

const directory = (world, record) => ({
  roleAssignments: () =>
    record('role-assignments', world.assignments, world.assignments.map((it) => it.id).join(', ') || 'none'),
  roleDefinition: (id) => {
    const role = world.roles.find((it) => same(it.id, id));
    return record(`role-definition ${id}`, role, role?.name ?? 'none');
  },
});

const data = (world, record) => ({
  value: (document, pointer) => {
    const found = find(world, document, pointer);
    const text = found === undefined ? undefined : JSON.stringify(found);
    return record(`data ${document}#${pointer}`, text);
  },
  contains: (document, pointer, text) => {
    const found = find(world, document, pointer);
    const holds = Array.isArray(found) ? found.includes(text) : member(found, text) !== undefined;
    return record(`data-contains ${document}#${pointer} ${text}`, holds);
  },
});

const counter = (world, record) => ({
  rate: (key, limit, seconds) => record(`rate ${key} ${limit}/${seconds}s`, (member(world.counted, key) ?? 0) < limit),
  quota: (key, limit, seconds) => record(`quota ${key} ${limit}/${seconds}s`, (member(world.counted, key) ?? 0) < limit),
});

/** An object's own member: a name from outside may be one that every object inherits. */
const member = (object, name) =>
  object !== null && typeof object === 'object' && Object.hasOwn(object, name) ? object[name] : undefined;

function find(world, document, pointer) {
  if (pointer !== '' && !pointer.startsWith('/')) throw new Error(`no JSON pointer: ${pointer}`);
  const parts = pointer.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return parts.reduce((value, part) => member(value, part), member(world.data, document));
}

function holds({ days, begin, end, offset }, time) {
  const minutes = Math.floor(time / 60) + offset;
  const day = Math.floor(minutes / 1440);
  const minute = minutes - day * 1440;
  // 1970-01-01 was a Thursday.
  const on = (of) => days.includes(DAYS[(((of + 3) % 7) + 7) % 7]);
  if (end > begin) return on(day) && begin <= minute && minute < end;
  return (on(day) && minute >= begin) || (on(day - 1) && minute < end);
}

function windowInWords({ days, begin, end, offset }) {
  const clock = (minutes) => [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
  const names = DAYS.filter((day) => days.includes(day)).map((day) => day.slice(0, 3));
  return `${names.join(',')} ${clock(begin)}-${clock(end)} ${offset < 0 ? '-' : '+'}${clock(Math.abs(offset))}`;
}

function covers(scope, resource) {
  const bare = scope.replace(/\/$/, '').toLowerCase();
  return resource.toLowerCase() === bare || resource.toLowerCase().startsWith(`${bare}/`);
}

const same = (one, other) => one.toLowerCase() === other.toLowerCase();

function guid(text) {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) {
    throw new Error(`no GUID in the hyphenated form: ${text}`);
  }
  return text;
}

function liesIn(source, prefixes) {
  const family = (address) => {
    const version = isIP(address);
    if (version === 0) throw new Error(`no address: ${address}`);
    return `ipv${version}`;
  };
  const list = new BlockList();
  for (const prefix of prefixes) {
    const [address, bits] = prefix.split('/');
    if (bits === undefined) list.addAddress(address, family(address));
    else list.addSubnet(address, Number(bits), family(address));
  }
  return list.check(source, family(source));
}
