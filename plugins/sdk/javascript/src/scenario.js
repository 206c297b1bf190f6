/** A host for native tests: a request and the world around it. */

import { BlockList, isIP } from 'node:net';

const EMPTY = {
  operation: '',
  dataPlane: false,
  action: '',
  vault: '',
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
    this.clock = { before: (time) => record(`before ${time}`, BigInt(world.time) < BigInt(time)) };
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
  action: () => record('action', world.action),
  vault: () => record('vault', world.vault),
  objectKind: () => record('object-kind', world.objectKind),
  objectName: () => record('object-name', world.objectName),
  objectVersion: () => record('object-version', world.objectVersion),
  resource: () => record('resource', world.resource),
  withinScope: (scope) => {
    const bare = scope.replace(/\/$/, '').toLowerCase();
    const resource = world.resource.toLowerCase();
    return record(`within-scope ${scope}`, resource === bare || resource.startsWith(`${bare}/`));
  },
});

const principal = (world, record) => ({
  id: () => record('principal-id', world.principal),
  is: (id) => record(`principal-is ${guid(id)}`, same(world.principal, id)),
  application: () => record('application', world.application),
  tenant: () => record('tenant', world.tenant),
  kind: () => record('principal-kind', world.kind),
  inGroup: (id) => record(`in-group ${guid(id)}`, world.groups.some((group) => same(group, id))),
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
});

const directory = (world, record) => ({
  roleAssignments: () =>
    record('role-assignments', world.assignments, world.assignments.map((it) => it.id).join(', ') || 'none'),
  roleDefinition: (id) => {
    const role = world.roles.find((it) => same(it.id, id));
    return record(`role-definition ${id}`, role, role?.name ?? 'none');
  },
});

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
