/**
 * What a Portcullis plugin is written with: decisions to give and questions to ask.
 *
 * A plugin is a function from a {@link Host}, whom it asks, to a decision. The gateway records every question with its
 * answer and remembers decisions by them, so ask predicates (`inGroup`, `sourceIn`) wherever that is the real question,
 * and ask only what the decision needs.
 */

/** What the gateway must do when the request is permitted; see `vendor/wit/decision.wit` for the names. */
export interface Obligation {
  name: string;
  value?: string;
}

/** What an authorization plugin says. A request is allowed when at least one plugin allows it and none denies it. */
export type Opinion =
  | { kind: 'allow'; rule: string; obligations: Obligation[] }
  | { kind: 'deny'; rule: string; reason: string }
  | { kind: 'abstain'; reason: string };

/** What a conditional-access plugin says. A block ends the matter; a challenge ends it unless another plugin blocks. */
export type Access =
  | { kind: 'grant'; rule: string; obligations: Obligation[] }
  | { kind: 'block'; rule: string; reason: string }
  | { kind: 'challenge'; rule: string; reason: string; claims: string }
  | { kind: 'not-applicable' };

/** Allows by a rule of at most 256 bytes, with what must be done then. */
export function allow(rule: string, obligations?: Obligation[]): Opinion;
/** Denies by a rule, whatever others say, for a reason of at most 2048 bytes, which is shown to the caller. */
export function deny(rule: string, reason: string): Opinion;
/** Says nothing for or against it. The reason is shown to a caller whom nobody else allows. */
export function abstain(reason: string): Opinion;
/** Every policy that applies is satisfied. The obligations hold when the request is allowed, too. */
export function grant(rule: string, obligations?: Obligation[]): Access;
/** Blocks by a policy and for a reason, which is shown to the caller. */
export function block(rule: string, reason: string): Access;
/** Demands a token that fulfils these claims: a JSON text as OpenID Connect's `claims` parameter; at most 4096 bytes. */
export function challenge(rule: string, reason: string, claims: string): Access;
/** No policy applies. */
export function notApplicable(): Access;

/** Says what is wrong with settings, in words for whoever installs the plugin, and where: a JSON pointer (RFC 6901). */
export class InvalidSettings extends Error {
  constructor(message: string, pointer?: string);
  readonly pointer: string;
}

/** The kind of a settings field: `string`, `number` or `boolean`, a list of it, or an object of it. */
type Kind = string;

/**
 * Reads the settings' JSON text strictly. The shape gives each field's kind: `string`, `number`, `boolean`, `string[]`,
 * `map of string[]`; with a `?` at its end the field may be absent. A field that the shape does not have is refused.
 *
 * @throws InvalidSettings
 */
export function parseSettings(text: string, shape: Record<string, Kind>): Record<string, any>;

/** A JSON Schema of what `parseSettings` reads by a shape. */
export function schema(shape: Record<string, Kind>): string;

/** The days of the week, as windows name them. */
export const DAYS: string[];

/** A stretch of some days of the week, in a time zone without daylight saving. */
export interface Window {
  days: string[];
  /** Minutes after midnight. */
  begin: number;
  /** Minutes after midnight; not later than `begin` means on the next day. */
  end: number;
  /** By how many minutes the zone's clocks are ahead of UTC. */
  offset: number;
}

/** A window from times of the day such as `08:00`. Throws a RangeError at one that makes no sense. */
export function weekly(days: string[], begin: string, end: string, offset?: number): Window;

/** Everything that a plugin can ask: the gateway in production, a scenario in tests. */
export interface Host {
  readonly request: Request;
  readonly principal: Principal;
  readonly network: Network;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly data: Data;
  readonly settings: Settings;
  readonly counter: Counter;
}

/** What is asked of the gateway, as it was routed. */
export interface Request {
  /** The operation's name, such as `SecretGet`. An open list. */
  operation(): string;
  /** Whether the operation is one of these. A name that the gateway does not know fails the evaluation. */
  operationIn(names: string[]): boolean;
  /** Whether the request is one of the data plane and not of the management plane. */
  dataPlane(): boolean;
  /** The data action, or action, that the operation needs. */
  action(): string;
  /** `data` or `management`. An open list. */
  plane(): string;
  /** The vault's name, in lower case; undefined when the request is about no vault. */
  vault(): string | undefined;
  /** The kind of the object that the request names, such as `secrets`. */
  objectKind(): string | undefined;
  /** The object's name, in lower case. A decision that rests on it is remembered for that object only. */
  objectName(): string | undefined;
  /** Whether the request names an object whose name begins so, compared without case. */
  objectNameStartsWith(prefix: string): boolean;
  /** The version that the request names. */
  objectVersion(): string | undefined;
  /** The id of the resource at which the request is authorised, in lower case. */
  resource(): string;
  /** Whether a scope covers the request's resource. */
  withinScope(scope: string): boolean;
  /** A tag of the stored object. Ask `tagIs` where that is the real question. */
  tag(name: string): string | undefined;
  /** Whether a tag of the stored object has this value, compared exactly. */
  tagIs(name: string, value: string): boolean;
  /** `enabled`, `created`, `updated`, `expires` or `not-before` of the stored object. */
  attribute(name: string): string | undefined;
  /** A header of the request, of those that the gateway's configuration lets plugins see. */
  header(name: string): string | undefined;
}

/** Who asks. An argument that is no GUID in the hyphenated form fails the evaluation. */
export interface Principal {
  /** The caller's object id. Ask a predicate where that is the real question. */
  id(): string;
  /** Whether the caller is this principal. */
  is(id: string): boolean;
  /** The client id of the application through which the caller acts. */
  application(): string | undefined;
  /** The caller's tenant. */
  tenant(): string;
  /** `application` or `user`. An open list: do not trust a kind that you do not know. */
  kind(): string;
  /** Whether the caller is a member of this group, directly or through other groups. */
  inGroup(id: string): boolean;
  /** Whether the caller, or a group of his, has this role at a scope that covers the request. */
  hasRole(id: string): boolean;
  /** A claim of the caller's token. */
  claim(name: string): string | undefined;
  /** Whether the caller authenticated by this method, as RFC 8176 calls it; false when nobody says. */
  authenticatedWith(method: string): boolean;
  /** Whether the caller authenticated at most so many seconds before the request. */
  authenticatedWithin(seconds: number): boolean;
  /** What is known of the caller's device, such as `compliant`. */
  device(property: string): string | undefined;
  /** The risk that was seen, by kind; undefined does not mean that there is none. */
  risk(kind: string): string | undefined;
}

/** From where and how the request came. */
export interface Network {
  /** The client's address. Ask a predicate where that is the real question. */
  source(): string;
  /** Whether the address lies in one of these. An empty list, or no prefix, fails the evaluation. */
  sourceIn(prefixes: string[]): boolean;
  /** Whether the address lies in the named location; false when there is none of this name. */
  namedLocation(name: string): boolean;
  /** Whether the gateway's configuration knows the named location. */
  namedLocationExists(name: string): boolean;
  /** The virtual network's subnet from which the request came. */
  subnet(): string | undefined;
  /** `TLS1_2` or `TLS1_3`. An open list. */
  tlsVersion(): string;
  /** The virtual network from which the request came. */
  virtualNetwork(): string | undefined;
  /** The private endpoint through which the request came. */
  privateEndpoint(): string | undefined;
  /** The SHA-256 digest of the client's certificate, in hexadecimal. */
  clientCertificate(): string | undefined;
  /** What else is known of the client's address, such as `country` or `asn`. */
  signal(name: string): string | undefined;
}

/** That the caller, or a group of his, has a role at a scope. */
export interface Assignment {
  id: string;
  scope: string;
  role: string;
}

/** One permission block of a role; `*` matches any run of characters. */
export interface Permissions {
  actions: string[];
  notActions: string[];
  dataActions: string[];
  notDataActions: string[];
}

/** A role. Its blocks grant independently of each other. */
export interface Role {
  id: string;
  name: string;
  permissions: Permissions[];
}

/** What the control state knows, as of the revision by which the request is judged. */
export interface Directory {
  /** The assignments of the caller and his groups at, above or below the vault. */
  roleAssignments(): Assignment[];
  /** A role, if there is one of this id. */
  roleDefinition(id: string): Role | undefined;
}

/** When. There is no `now`: a decision that rests on it could never be remembered. */
export interface Clock {
  /** Whether the request came before this time, in seconds since 1970-01-01T00:00:00Z. */
  before(time: bigint): boolean;
  /** Whether the request came within a window that is open every week; see `weekly`. */
  within(window: Window): boolean;
}

/** Documents that were pushed beside the plugin, by name and JSON pointer (RFC 6901). */
export interface Data {
  /** The value, as JSON text; undefined when there is none. */
  value(document: string, pointer: string): string | undefined;
  /** Whether the value is an array with this text, or an object with a member of this name. */
  contains(document: string, pointer: string, text: string): boolean;
}

/** How often. A decision that rests on it is never remembered. */
export interface Counter {
  /** Whether there were at most `limit` under the key within the last seconds; counts the request if so. */
  rate(key: string, limit: number, seconds: number): boolean;
  /** As `rate`, within a fixed period: 86400 is a day in UTC. */
  quota(key: string, limit: number, seconds: number): boolean;
}

/** How the plugin was installed. */
export interface Settings {
  /** The settings: a JSON text, `{}` when there are none. `parseSettings` reads it strictly. */
  json(): string;
}
