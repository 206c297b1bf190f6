//! Tokens, by whatever right a client asks for them.

use std::sync::Arc;

use portcullis_api::Answer;
use portcullis_api::oauth::{
    self, DEVICE_INTERVAL_SECONDS, Grant, OAuthError, OAuthErrorCode, ProtocolVersion, RequestedClaims, TokenRequest,
    UserTokens,
};
use portcullis_identity::{
    Authentication, Client, Directory, Grant as TokenGrant, IssuedToken, PASSWORD, PrincipalKind, Registration,
};
use portcullis_management::{Session, SessionError};
use portcullis_model::{PrincipalId, SecretText, TenantId, UnixTime};

use super::{LoginRequest, id_token, refusal};
use crate::exchange::Exchange;
use crate::sign_in::devices::{DEVICE_SECONDS, Polled};
use crate::sign_in::verify::NotVerified;
use crate::sign_in::{CodeRefusal, Device, DeviceState, SignedIn};

impl LoginRequest<'_> {
    /// Issues what a client asks for.
    pub(super) async fn issue(
        &self,
        exchange: &mut Exchange,
        tenant: TenantId,
        version: ProtocolVersion,
        body: &[u8],
    ) -> Result<Answer, OAuthError> {
        let request = oauth::parse_token_request(self.head, version, body)?;
        exchange.event().claimed_application(request.client.to_string());
        let state = self.gateway.management().state();
        let client = self.client(tenant, request.client, &request.credential, state.directory()).await?;
        match &request.grant {
            Grant::Client => self.by_itself(exchange, &client, &request),
            Grant::Code { code, redirect_uri, verifier } => {
                let signed_in = self.redeem(code, redirect_uri, verifier.as_ref(), &client).await?;
                self.demand(&signed_in.authentication, &request.claims)?;
                self.begin_session(exchange, &client, signed_in, &request, Some(code)).await
            }
            Grant::Device { code } => {
                let (signed_in, audience) = self.poll(code, &client, &request.claims)?;
                self.demand(&signed_in.authentication, &request.claims)?;
                let request = TokenRequest { audience: Some(audience), ..request };
                self.begin_session(exchange, &client, signed_in, &request, None).await
            }
            Grant::Refresh { token } => self.refresh(exchange, &client, token, &request).await,
            Grant::OnBehalf { assertion } => self.on_behalf(exchange, &client, assertion, &request, state.directory()),
            Grant::Password { name, password } => {
                let signed_in = self.by_password(&client, name, password, state.directory()).await?;
                self.begin_session(exchange, &client, signed_in, &request, None).await
            }
        }
    }

    /// An application in its own name.
    fn by_itself(
        &self,
        exchange: &mut Exchange,
        client: &Client,
        request: &TokenRequest,
    ) -> Result<Answer, OAuthError> {
        let audiences = self.gateway.audiences();
        let audience = request.audience.as_deref().and_then(|name| audiences.resolve(name));
        let audience = audiences.name(audience.ok_or_else(refusal::unknown_resource)?);
        let principal = client.principal().map(|principal| principal.id);
        just_ended(self.gateway.management().state().directory(), principal, self.gateway.clock().now())?;
        let issued = self.gateway.issuer().issue_to_client(client, audience, request.claims.handles_challenges);
        let issued = issued.map_err(|error| refusal::issue(&error, exchange.id()))?;
        note(exchange, client, &issued);
        Ok(oauth::token_answer(&issued.access_token, issued.expires_in))
    }

    /// A person who was sent back with a code. A code that is used twice was stolen: what came of it is revoked.
    async fn redeem(
        &self,
        code: &SecretText,
        redirect_uri: &str,
        verifier: Option<&SecretText>,
        client: &Client,
    ) -> Result<SignedIn, OAuthError> {
        let now = self.gateway.clock().now();
        let codes = &self.gateway.sign_ins().codes;
        match codes.redeem(code, client.application(), redirect_uri, verifier, now) {
            Ok(signed_in) if signed_in.tenant == client.tenant() => Ok(signed_in),
            Ok(_) | Err(CodeRefusal::Unknown) => Err(OAuthError::new(
                OAuthErrorCode::GrantRefused,
                "The code is unknown or has expired, or is for another client or redirect_uri.",
            )),
            Err(CodeRefusal::Verifier) => Err(OAuthError::new(
                OAuthErrorCode::VerifierWrong,
                "The code_verifier does not match the code_challenge of the authorization request.",
            )),
            Err(CodeRefusal::Reused(tenant, session)) => {
                if let Some(session) = session {
                    self.revoke_session(tenant, &session).await?;
                }
                Err(OAuthError::new(
                    OAuthErrorCode::GrantRefused,
                    "The code was used before, so what it was exchanged for was revoked.",
                ))
            }
        }
    }

    /// A person who may have signed in for a device.
    fn poll(
        &self,
        code: &SecretText,
        client: &Client,
        claims: &RequestedClaims,
    ) -> Result<(SignedIn, String), OAuthError> {
        let refuse = |code, message: &'static str| Err(OAuthError::new(code, message));
        match self.gateway.sign_ins().devices.poll(code, client.application(), claims, self.gateway.clock().now()) {
            Polled::SignedIn(signed_in, audience) if signed_in.tenant == client.tenant() => Ok((*signed_in, audience)),
            Polled::SignedIn(..) | Polled::Unknown => {
                refuse(OAuthErrorCode::DeviceUnknown, "The device code is unknown or has expired.")
            }
            Polled::Pending => {
                refuse(OAuthErrorCode::DevicePending, "The person has not signed in yet. Ask again after the interval.")
            }
            Polled::TooOften => Err(OAuthError::new(
                OAuthErrorCode::DevicePending,
                "The person has not signed in yet. Keep to the interval.",
            )
            .with_retry_after(DEVICE_INTERVAL_SECONDS)),
            Polled::Declined => refuse(OAuthErrorCode::DeviceDeclined, "The person declined."),
        }
    }

    /// Begins a session of a person, with its first tokens.
    async fn begin_session(
        &self,
        exchange: &mut Exchange,
        client: &Client,
        signed_in: SignedIn,
        request: &TokenRequest,
        code: Option<&SecretText>,
    ) -> Result<Answer, OAuthError> {
        let now = self.gateway.clock().now();
        let session = Session {
            user: signed_in.user,
            tenant: signed_in.tenant,
            application: signed_in.application,
            methods: signed_in.authentication.methods.clone(),
            contexts: signed_in.authentication.contexts.clone(),
            time: signed_in.authentication.time,
            ends: signed_in.authentication.time.plus(self.gateway.session_seconds()),
        };
        let open = self.gateway.sessions().begin(session, now).await.map_err(|error| refusal::management(&error))?;
        if let Some(code) = code {
            self.gateway.sign_ins().codes.became(code, &open.id, now);
        }
        let authentication =
            Authentication { session: Some(open.id), client: client.strength(), ..signed_in.authentication };
        let signed_in = SignedIn { authentication, ..signed_in };
        self.answer_user(exchange, client, &signed_in, request, Some(&open.refresh_token))
    }

    /// The next tokens of a session, unless the client asks for more than its person has shown.
    async fn refresh(
        &self,
        exchange: &mut Exchange,
        client: &Client,
        token: &SecretText,
        request: &TokenRequest,
    ) -> Result<Answer, OAuthError> {
        let now = self.gateway.clock().now();
        let open = match self.gateway.sessions().turn(token, client.application(), now).await {
            Ok(open) => open,
            Err(error) => {
                if let SessionError::Reused { tenant, session } = &error {
                    self.revoke_session(*tenant, session).await?;
                }
                return Err(refusal::session(&error));
            }
        };
        let Session { user, tenant, application, methods, contexts, time, .. } = open.session;
        let state = self.gateway.management().state();
        let revoked = state.directory().is_revoked(open.id.as_bytes());
        if tenant != client.tenant() || revoked || state.directory().is_signed_out(user, time) {
            return Err(refusal::session(&SessionError::Unknown));
        }
        let authentication = Authentication {
            methods,
            time,
            contexts,
            client: client.strength(),
            session: Some(open.id),
            on_behalf: false,
        };
        self.demand(&authentication, &request.claims)?;
        let signed_in = SignedIn { user, tenant, application, authentication, nonce: None };
        self.answer_user(exchange, client, &signed_in, request, Some(&open.refresh_token))
    }

    /// A person in whose name an application asks that was given their token (OAuth 2.0 on-behalf-of).
    fn on_behalf(
        &self,
        exchange: &mut Exchange,
        client: &Client,
        assertion: &SecretText,
        request: &TokenRequest,
        directory: &Directory,
    ) -> Result<Answer, OAuthError> {
        let refused = |why: String| OAuthError::new(OAuthErrorCode::UserTokenRefused, why);
        if client.strength() == portcullis_identity::ClientStrength::Public {
            return Err(refusal::client(&portcullis_identity::ClientError::Confidential));
        }
        let own = client.registration().map(|registration| registration.audience());
        let own = own.ok_or_else(|| refused("The application has no registration.".to_owned()))?;
        let authenticator = self.gateway.authenticator();
        let user = authenticator.authenticate_for(assertion.expose(), &own, client.tenant(), directory);
        let user = user.map_err(|error| refused(format!("The assertion is not acceptable: {error}")))?;
        if user.principal().kind != PrincipalKind::User {
            return Err(refused("The assertion is no token of a user.".to_owned()));
        }
        if user.attenuation().is_some() {
            return Err(refused(
                "The assertion was narrowed; only a token as it was issued can be exchanged.".to_owned(),
            ));
        }
        let authentication =
            Authentication { client: client.strength(), on_behalf: true, ..user.authentication().clone() };
        self.demand(&authentication, &request.claims)?;
        let signed_in = SignedIn {
            user: user.principal().id,
            tenant: user.tenant(),
            application: client.application(),
            authentication,
            nonce: None,
        };
        // No refresh token: the session is the person's with the other client.
        self.answer_user(exchange, client, &signed_in, request, None)
    }

    /// A person whose name and password a client knows. Whoever has a second factor signs in on a page.
    async fn by_password(
        &self,
        client: &Client,
        name: &str,
        password: &SecretText,
        directory: &Directory,
    ) -> Result<SignedIn, OAuthError> {
        let (sign_ins, now) = (self.gateway.sign_ins(), self.gateway.clock().now());
        sign_ins.attempts.begin(name, self.from, now).map_err(refusal::wait)?;
        let account = sign_ins.verifier.password(name, password, Some(client.tenant()), directory).await;
        let account = account.map_err(|error| match error {
            NotVerified::Wrong => OAuthError::new(OAuthErrorCode::WrongPassword, "The name or the password is wrong."),
            NotVerified::Disabled => OAuthError::new(OAuthErrorCode::UserDisabled, "The user is disabled."),
            NotVerified::Busy => refusal::busy(),
        })?;
        sign_ins.attempts.succeeded(name, self.from);
        if account.totp.is_some() {
            let claims = RequestedClaims { multi_factor: true, ..RequestedClaims::default() };
            return Err(second_factor(&claims));
        }
        let authentication =
            Authentication { methods: vec![PASSWORD.into()], ..Authentication::of_application(client.strength(), now) };
        Ok(SignedIn {
            user: account.user,
            tenant: client.tenant(),
            application: client.application(),
            authentication,
            nonce: None,
        })
    }

    fn answer_user(
        &self,
        exchange: &mut Exchange,
        client: &Client,
        signed_in: &SignedIn,
        request: &TokenRequest,
        refresh_token: Option<&SecretText>,
    ) -> Result<Answer, OAuthError> {
        let gateway = self.gateway;
        let state = gateway.management().state();
        let directory = state.directory();
        let user = directory.principal(signed_in.user).filter(|user| user.tenant == signed_in.tenant);
        let user = user.filter(|user| user.kind == PrincipalKind::User);
        let user = user.filter(|user| user.enabled);
        let user = user.ok_or_else(|| OAuthError::new(OAuthErrorCode::UserDisabled, "The user is disabled."))?;
        just_ended(directory, Some(user.id), signed_in.authentication.time)?;
        let wanted = request.audience.as_deref().unwrap_or_default();
        let audience = match gateway.audiences().resolve(wanted) {
            Some(audience) => gateway.audiences().name(audience).to_owned(),
            // An application that is itself a resource, such as the first half of on-behalf-of.
            None => self.application_resource(directory, signed_in.tenant, wanted)?,
        };
        let grant = TokenGrant {
            application: Some(signed_in.application),
            audience: &audience,
            continuous_access: request.claims.handles_challenges,
            authentication: signed_in.authentication.clone(),
        };
        let issued = gateway.issuer().issue_to_user(user, &grant);
        let issued = issued.map_err(|error| refusal::issue(&error, exchange.id()))?;
        note(exchange, client, &issued);
        let now = gateway.clock().now();
        let authority = gateway.hosts().login_authority(&signed_in.tenant);
        let account = directory.account(user.id).map(|account| &**account);
        let id_token = id_token::id_token(gateway.id_signer(), &authority, signed_in, account, &issued, now);
        let tokens = UserTokens {
            scope: &format!("{wanted}/user_impersonation {wanted}/.default"),
            refresh_token,
            id_token: &id_token.map_err(|_| refusal::internal())?,
            client_info: &id_token::client_info(signed_in),
        };
        Ok(oauth::user_token_answer(&issued.access_token, issued.expires_in, &tokens))
    }

    fn application_resource(&self, directory: &Directory, tenant: TenantId, name: &str) -> Result<String, OAuthError> {
        let named = |registration: &&Arc<Registration>| registration.tenant == tenant && registration.is_named(name);
        let found = directory.registrations().find(named).map(|registration| registration.audience());
        found.ok_or_else(refusal::unknown_resource)
    }

    async fn revoke_session(&self, tenant: TenantId, session: &str) -> Result<(), OAuthError> {
        let now = self.gateway.clock().now();
        let ends = now.plus(MOST_TOKEN_SECONDS);
        let revoked = self.gateway.management().revoke(tenant, session.as_bytes(), ends, now).await;
        revoked.map(drop).map_err(|error| refusal::management(&error))
    }

    /// Demands that a session has what a client asks for; it must sign its person in otherwise.
    fn demand(&self, authentication: &Authentication, claims: &RequestedClaims) -> Result<(), OAuthError> {
        let lacks_factor = claims.multi_factor && !authentication.is_multi_factor();
        let satisfied = |context: &String| authentication.contexts.iter().any(|known| **known == **context);
        if lacks_factor || !claims.contexts.iter().all(satisfied) {
            return Err(second_factor(claims));
        }
        let now = self.gateway.clock().now();
        let within = claims.signed_in_within.map(|seconds| now.plus(-i64::from(seconds)));
        if within.into_iter().chain(claims.signed_in_since).any(|since| authentication.time < since) {
            return Err(OAuthError::new(OAuthErrorCode::SignInAnew, "The sign-in is too long ago. Sign in again.")
                .with_claims(claims.to_json()));
        }
        Ok(())
    }

    /// A device code, with the code that a person types for it.
    pub(super) fn device_code(&self, tenant: TenantId, body: &[u8]) -> Result<Answer, OAuthError> {
        let (application, audience, claims) = oauth::parse_device_request(body)?;
        let state = self.gateway.management().state();
        let client = self.gateway.issuer().public_client(tenant, application, state.directory());
        client.map_err(|error| refusal::client(&error))?;
        let (sign_ins, now) = (self.gateway.sign_ins(), self.gateway.clock().now());
        let code = Arc::new(sign_ins.secret().map_err(|_| refusal::internal())?);
        let user_code = sign_ins.user_code().map_err(|_| refusal::internal())?;
        let device = Device { tenant, application, audience, claims, state: DeviceState::Pending, asked: None };
        sign_ins.devices.insert(&code, &user_code, device, self.from, now).map_err(|_| refusal::busy())?;
        Ok(oauth::device_answer(&code, &user_code, self.gateway.hosts(), DEVICE_SECONDS))
    }
}

/// Refuses a token that would be over at once: all of the principal's were ended in this very second. A client would keep
/// it until it expires.
fn just_ended(directory: &Directory, principal: Option<PrincipalId>, begun: UnixTime) -> Result<(), OAuthError> {
    if !principal.is_some_and(|principal| directory.is_signed_out(principal, begun)) {
        return Ok(());
    }
    let message = "All tokens of the principal were just ended. Try again.";
    Err(OAuthError::new(OAuthErrorCode::Unavailable, message).with_retry_after(1))
}

fn second_factor(claims: &RequestedClaims) -> OAuthError {
    OAuthError::new(OAuthErrorCode::SecondFactor, "A second factor is required. Sign in with it.")
        .with_claims(claims.to_json())
}

fn note(exchange: &mut Exchange, client: &Client, issued: &IssuedToken) {
    exchange
        .event()
        .authenticated()
        .claim("oid", issued.principal.id.to_string())
        .claim("tid", issued.principal.tenant.to_string())
        .claim("appid", client.application().to_string())
        .claim("uti", issued.token_id.to_string())
        .stage("done");
}

/// No token is valid for longer.
const MOST_TOKEN_SECONDS: i64 = 86_400;
