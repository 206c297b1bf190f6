/**
 * What a Portcullis plugin is written with: decisions to give and questions to ask.
 *
 * A plugin is a function from a {@link Host}, whom it asks, to a decision. The gateway records every question with its
 * answer and remembers decisions by them, so ask predicates (`inGroup`, `sourceIn`) wherever that is the real question,
 * and ask only what the decision needs.
 */

/** What an authorization plugin says. A request is allowed when at least one plugin allows it and none denies it. */
export type Opinion =
  | { kind: 'allow'; rule: string }
  | { kind: 'deny'; rule: string; reason: string }
  | { kind: 'abstain'; reason: string };

/** What a conditional-access plugin says. A block ends the matter; a challenge ends it unless another plugin blocks. */
export type Access =
  | { kind: 'grant'; rule: string }
  | { kind: 'block'; rule: string; reason: string }
  | { kind: 'challenge'; rule: string; reason: string; claims: string }
  | { kind: 'not-applicable' };

/** Allows by a rule of at most 256 bytes. */
export function allow(rule: string): Opinion;
/** Denies by a rule, whatever others say, for a reason of at most 2048 bytes, which is shown to the caller. */
export function deny(rule: string, reason: string): Opinion;
/** Says nothing for or against it. The reason is shown to a caller whom nobody else allows. */
export function abstain(reason: string): Opinion;
/** Every policy that applies is satisfied. */
export function grant(rule: string): Access;
/** Blocks by a policy and for a reason, which is shown to the caller. */
export function block(rule: string, reason: string): Access;
/** Demands a token that fulfils these claims: a JSON text as OpenID Connect's `claims` parameter; at most 4096 bytes. */
export function challenge(rule: string, reason: string, claims: string): Access;
/** No policy applies. */
export function notApplicable(): Access;

/** Says what is wrong with settings, in words for whoever installs the plugin. */
export class InvalidSettings extends Error {}

/** The kind of a settings field: `string`, `number` or `boolean`, a list of it, or an object of it. */
type Kind = string;

/**
 * Reads the settings' JSON text strictly. The shape gives each field's kind: `string`, `number`, `boolean`, `string[]`,
 * `map of string[]`; with a `?` at its end the field may be absent. A field that the shape does not have is refused.
 *
 * @throws InvalidSettings
 */
export function parseSettings(text: string, shape: Record<string, Kind>): Record<string, any>;

/** Everything that a plugin can ask: the gateway in production, a scenario in tests. */
export interface Host {
  readonly request: Request;
  readonly principal: Principal;
  readonly network: Network;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly settings: Settings;
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
  /** The vault's name, in lower case. */
  vault(): string;
  /** The kind of the object that the request names, such as `secrets`. */
  objectKind(): string | undefined;
  /** The object's name, in lower case. A decision that rests on it is remembered for that object only. */
  objectName(): string | undefined;
  /** The version that the request names. */
  objectVersion(): string | undefined;
  /** The id of the resource at which the request is authorised, in lower case. */
  resource(): string;
  /** Whether a scope covers the request's resource. */
  withinScope(scope: string): boolean;
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
}

/** How the plugin was installed. */
export interface Settings {
  /** The settings: a JSON text, `{}` when there are none. `parseSettings` reads it strictly. */
  json(): string;
}
