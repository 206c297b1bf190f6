//! Sign-ins in a browser.

use http::{HeaderValue, StatusCode, header};
use portcullis_api::Answer;
use portcullis_api::oauth::{self, AuthorizeRequest, BadAuthorizeRequest, RequestedClaims, SignInForm};
use portcullis_crypto::sha256;
use portcullis_identity::{Authentication, ClientStrength, MULTI_FACTOR, ONE_TIME_CODE, PASSWORD, Registration};
use portcullis_model::{ApplicationId, PrincipalId, SecretText, TenantId};

use super::LoginRequest;
use crate::exchange::Exchange;
use crate::sign_in::attempts::Wait;
use crate::sign_in::verify::NotVerified;
use crate::sign_in::{CodeGrant, DeviceState, Page, Pending, Purpose, SignedIn, Stage, form_post, html, redirect};

/// The cookie that binds a sign-in to a browser. The prefix keeps other hosts and plain HTTP from setting it.
const COOKIE: &str = "__Host-portcullis-signin";

impl LoginRequest<'_> {
    /// Begins a sign-in for a client.
    pub(super) fn authorize(&self, exchange: &mut Exchange, tenant: TenantId) -> Answer {
        let request = match oauth::parse_authorize(self.head) {
            Ok(request) => request,
            Err(BadAuthorizeRequest::Unaddressed(why)) => return ended(StatusCode::BAD_REQUEST, why),
            Err(BadAuthorizeRequest::Addressed { client, redirect_uri, state, error, why }) => {
                return match self.registration(tenant, client) {
                    Some(known) if known.may_redirect_to(&redirect_uri) => {
                        let state = state.as_deref().map(|state| ("state", state));
                        let told: Vec<_> =
                            [("error", error), ("error_description", why)].into_iter().chain(state).collect();
                        redirect(&redirect_uri, &told)
                    }
                    _ => ended(StatusCode::BAD_REQUEST, UNKNOWN_PLACE),
                };
            }
        };
        exchange.event().claimed_application(request.client.to_string());
        let known = self.registration(tenant, request.client);
        // Nobody is sent to a place that was not registered, not even with an error.
        if !known.is_some_and(|known| known.may_redirect_to(&request.redirect_uri)) {
            return ended(StatusCode::BAD_REQUEST, UNKNOWN_PLACE);
        }
        let AuthorizeRequest { client, redirect_uri, state, nonce, challenge, login_hint, form_post, claims } = request;
        let purpose =
            Purpose::Client { tenant, application: client, redirect_uri, state, nonce, challenge, form_post, claims };
        let name = login_hint.unwrap_or_default();
        self.begin(purpose, Stage::Password { name })
    }

    /// Begins a sign-in for a device.
    pub(super) fn device_login(&self) -> Answer {
        self.begin(Purpose::SomeDevice, Stage::UserCode)
    }

    /// Begins a sign-in in the browser that asks, and shows its first page.
    fn begin(&self, purpose: Purpose, stage: Stage) -> Answer {
        let sign_ins = self.gateway.sign_ins();
        let (Ok(id), Ok(fresh)) = (sign_ins.secret(), sign_ins.secret()) else {
            return ended(StatusCode::INTERNAL_SERVER_ERROR, "The sign-in could not begin.");
        };
        // Another sign-in in the same browser goes on.
        let cookie = self.cookie().map_or_else(|| fresh.expose().to_owned(), ToOwned::to_owned);
        let pending = Pending { browser: sha256(cookie.as_bytes()), purpose, stage };
        if sign_ins.pending.insert(&id, pending.clone(), self.from, self.gateway.clock().now()).is_err() {
            return ended(StatusCode::SERVICE_UNAVAILABLE, "Too many sign-ins are pending. Try again later.");
        }
        let mut answer = self.show(&id, &pending, None);
        let cookie = format!("{COOKIE}={cookie}; Path=/; Secure; HttpOnly; SameSite=Lax");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            answer.headers.insert(header::SET_COOKIE, cookie);
        }
        answer
    }

    /// Goes on with a sign-in.
    pub(super) async fn sign_in(&self, exchange: &mut Exchange, body: &[u8]) -> Answer {
        if !self.is_from_our_page() {
            return ended(StatusCode::FORBIDDEN, "The form was not sent from our own page.");
        }
        let now = self.gateway.clock().now();
        let sign_ins = self.gateway.sign_ins();
        let Some(mut form) = oauth::parse_sign_in(body) else {
            return ended(StatusCode::BAD_REQUEST, "The form is malformed. Begin again.");
        };
        let found = form.sign_in.take().zip(self.cookie());
        let found = found.and_then(|(id, cookie)| Some((sign_ins.pending.find(&id, cookie, now)?, id)));
        let Some((pending, id)) = found else {
            return ended(StatusCode::BAD_REQUEST, "The sign-in has expired or began in another browser. Begin again.");
        };
        if form.declined {
            return self.decline(&id, &pending);
        }
        match pending.stage.clone() {
            Stage::UserCode => self.take_user_code(&id, &pending, &form),
            Stage::Password { .. } => self.take_password(exchange, &id, pending, &form).await,
            Stage::OneTimeCode { user, name } => self.take_one_time_code(exchange, &id, &pending, &form, user, &name),
        }
    }

    fn take_user_code(&self, id: &SecretText, pending: &Pending, form: &SignInForm) -> Answer {
        let (sign_ins, now) = (self.gateway.sign_ins(), self.gateway.clock().now());
        if let Err(wait) = sign_ins.attempts.begin_device(self.from, now) {
            return self.wait(id, pending, wait);
        }
        let code = form.user_code.as_deref().and_then(|typed| sign_ins.devices.of_user_code(typed, now));
        let purpose = code.and_then(|code| {
            let purpose = sign_ins
                .devices
                .pending(&code, now, |device| (device.tenant, device.application, device.claims.clone()));
            purpose.map(|(tenant, application, claims)| Purpose::Device { code, tenant, application, claims })
        });
        let Some(purpose) = purpose else { return self.show(id, pending, Some("wrong")) };
        let next = Pending { purpose, stage: Stage::Password { name: String::new() }, browser: pending.browser };
        sign_ins.pending.change(id, now, |pending| *pending = next.clone());
        self.show(id, &next, None)
    }

    async fn take_password(
        &self,
        exchange: &mut Exchange,
        id: &SecretText,
        pending: Pending,
        form: &SignInForm,
    ) -> Answer {
        let (sign_ins, now) = (self.gateway.sign_ins(), self.gateway.clock().now());
        let (Some(name), Some(password)) = (form.name.as_deref(), form.password.as_ref()) else {
            return self.show(id, &pending, Some("Type name and password."));
        };
        if let Err(wait) = sign_ins.attempts.begin(name, self.from, now) {
            return self.wait(id, &pending, wait);
        }
        let state = self.gateway.management().state();
        let tenant = pending.purpose.application().map(|(tenant, _)| tenant);
        let account = match sign_ins.verifier.password(name, password, tenant, state.directory()).await {
            Ok(account) => account,
            Err(error) => {
                exchange.event().denied_by("authentication");
                return self.show(
                    id,
                    &pending,
                    Some(match error {
                        NotVerified::Wrong => "The name or the password is wrong.",
                        NotVerified::Disabled => "The account is disabled. Ask your administrator.",
                        NotVerified::Busy => "Too many people are signing in. Try again.",
                    }),
                );
            }
        };
        exchange.event().claim("oid", account.user.to_string());
        if pending.purpose.needs_second_factor() {
            if account.totp.is_none() {
                return self.show(
                    id,
                    &pending,
                    Some("A second factor is required, and the account has none. Ask your administrator for one."),
                );
            }
            // Until the code was shown the password counts as wrong.
            let next = Pending { stage: Stage::OneTimeCode { user: account.user, name: name.to_owned() }, ..pending };
            sign_ins.pending.change(id, now, |pending| *pending = next.clone());
            return self.show(id, &next, None);
        }
        sign_ins.attempts.succeeded(name, self.from);
        self.finish(exchange, id, &pending, account.user, &[PASSWORD])
    }

    fn take_one_time_code(
        &self,
        exchange: &mut Exchange,
        id: &SecretText,
        pending: &Pending,
        form: &SignInForm,
        user: PrincipalId,
        name: &str,
    ) -> Answer {
        let (sign_ins, now) = (self.gateway.sign_ins(), self.gateway.clock().now());
        if let Err(wait) = sign_ins.attempts.begin_code(user, now) {
            return self.wait(id, pending, wait);
        }
        let state = self.gateway.management().state();
        let key = state.directory().account(user).and_then(|account| account.totp.clone());
        let code = form.code.as_ref().map(|code| code.expose().trim());
        let fits = key.zip(code).is_some_and(|(key, code)| sign_ins.verifier.one_time_code(user, &key, code, now));
        if !fits {
            exchange.event().denied_by("authentication");
            return self.show(id, pending, Some("The code is wrong, or was used before. Wait for the next one."));
        }
        sign_ins.attempts.code_succeeded(user);
        sign_ins.attempts.succeeded(name, self.from);
        self.finish(exchange, id, pending, user, &[PASSWORD, ONE_TIME_CODE, MULTI_FACTOR])
    }

    /// The person has shown all that they must.
    fn finish(
        &self,
        exchange: &mut Exchange,
        id: &SecretText,
        pending: &Pending,
        user: PrincipalId,
        methods: &[&str],
    ) -> Answer {
        let (sign_ins, now) = (self.gateway.sign_ins(), self.gateway.clock().now());
        let Some((tenant, application)) = pending.purpose.application().filter(|_| sign_ins.pending.end(id, now))
        else {
            return ended(StatusCode::BAD_REQUEST, "The sign-in has ended. Begin again.");
        };
        let second_factor = methods.contains(&MULTI_FACTOR);
        let contexts = pending.purpose.claims().map(|claims| claims.contexts.as_slice()).unwrap_or_default();
        let authentication = Authentication {
            methods: methods.iter().map(|method| (*method).into()).collect(),
            contexts: contexts.iter().filter(|_| second_factor).map(|id| id.as_str().into()).collect(),
            ..Authentication::of_application(ClientStrength::Public, now)
        };
        let nonce = if let Purpose::Client { nonce, .. } = &pending.purpose { nonce.clone() } else { None };
        let signed_in = SignedIn { user, tenant, application, authentication, nonce };
        exchange.event().authenticated().claim("tid", tenant.to_string()).claim("appid", application.to_string());
        exchange.event().claim("oid", user.to_string()).stage("done");
        match &pending.purpose {
            Purpose::SomeDevice => ended(StatusCode::BAD_REQUEST, "The sign-in has ended. Begin again."),
            Purpose::Device { code, .. } => {
                let state = DeviceState::SignedIn(Box::new(signed_in));
                match sign_ins.devices.pending(code, now, |device| device.state = state) {
                    Some(()) => ended(StatusCode::OK, "You are signed in on your device. You may close this page."),
                    None => ended(StatusCode::BAD_REQUEST, "The device's code has expired. Begin again."),
                }
            }
            Purpose::Client { redirect_uri, state, challenge, form_post, .. } => {
                let Ok(code) = sign_ins.secret() else {
                    return ended(StatusCode::INTERNAL_SERVER_ERROR, "The sign-in could not end.");
                };
                let grant = CodeGrant { signed_in, redirect_uri: redirect_uri.clone(), challenge: challenge.clone() };
                if sign_ins.codes.insert(&code, grant, self.from, now).is_err() {
                    return ended(StatusCode::SERVICE_UNAVAILABLE, "Too many sign-ins are pending. Try again later.");
                }
                let state = state.as_deref().map(|state| ("state", state));
                let told: Vec<_> = [("code", code.expose())].into_iter().chain(state).collect();
                send_back(redirect_uri, &told, *form_post)
            }
        }
    }

    fn decline(&self, id: &SecretText, pending: &Pending) -> Answer {
        let (sign_ins, now) = (self.gateway.sign_ins(), self.gateway.clock().now());
        sign_ins.pending.end(id, now);
        match &pending.purpose {
            Purpose::Client { redirect_uri, state, form_post, .. } => {
                let state = state.as_deref().map(|state| ("state", state));
                let told: Vec<_> = [("error", "access_denied"), ("error_description", "The person declined.")]
                    .into_iter()
                    .chain(state)
                    .collect();
                send_back(redirect_uri, &told, *form_post)
            }
            Purpose::Device { code, .. } => {
                sign_ins.devices.pending(code, now, |device| device.state = DeviceState::Declined);
                ended(StatusCode::OK, "You declined. You may close this page.")
            }
            Purpose::SomeDevice => ended(StatusCode::OK, "You may close this page."),
        }
    }

    fn wait(&self, id: &SecretText, pending: &Pending, Wait(seconds): Wait) -> Answer {
        let text = format!("Too many wrong attempts. Wait {seconds} seconds, then try again.");
        let mut answer = self.show(id, pending, Some(&text));
        answer.status = StatusCode::TOO_MANY_REQUESTS;
        answer.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        answer
    }

    /// The page of a sign-in's stage.
    fn show(&self, id: &SecretText, pending: &Pending, problem: Option<&str>) -> Answer {
        let registration = pending.purpose.application().and_then(|(tenant, id)| self.registration(tenant, id));
        let application = registration.as_ref().map_or("the application", |known| known.display_name.as_str());
        let (device, back_to) = match &pending.purpose {
            Purpose::Client { redirect_uri, .. } => (false, Some(redirect_uri.as_str())),
            Purpose::Device { .. } | Purpose::SomeDevice => (true, None),
        };
        let page = match &pending.stage {
            Stage::UserCode => Page::UserCode { sign_in: id, wrong: problem.is_some() },
            Stage::Password { name } => Page::Password { sign_in: id, application, device, name, problem },
            Stage::OneTimeCode { .. } => Page::OneTimeCode { sign_in: id, application, problem },
        };
        html(&page, StatusCode::OK, back_to)
    }

    fn registration(&self, tenant: TenantId, application: ApplicationId) -> Option<std::sync::Arc<Registration>> {
        let state = self.gateway.management().state();
        let enabled = state.directory().by_application(tenant, application).is_none_or(|principal| principal.enabled);
        state.directory().registration(tenant, application).filter(|_| enabled).cloned()
    }

    /// The cookie of the browser.
    fn cookie(&self) -> Option<&str> {
        let lines = self.head.headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut named = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = named.find(|(name, _)| *name == COOKIE)?;
        let ours = value.len() == 43 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        ours.then_some(value)
    }

    /// Whether a form comes from a page of ours, as far as the browser says. The cookie and the unguessable id of the
    /// sign-in say it too.
    fn is_from_our_page(&self) -> bool {
        let said = |name: &str| self.head.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let ours = self.gateway.hosts().login_url();
        said("origin").is_none_or(|origin| origin == ours)
            && said("sec-fetch-site").is_none_or(|site| site == "same-origin")
    }
}

impl Purpose {
    /// For which application of which tenant.
    fn application(&self) -> Option<(TenantId, ApplicationId)> {
        match self {
            Self::SomeDevice => None,
            Self::Device { tenant, application, .. } | Self::Client { tenant, application, .. } => {
                Some((*tenant, *application))
            }
        }
    }

    fn claims(&self) -> Option<&RequestedClaims> {
        match self {
            Self::SomeDevice => None,
            Self::Device { claims, .. } | Self::Client { claims, .. } => Some(claims),
        }
    }

    fn needs_second_factor(&self) -> bool {
        self.claims().is_some_and(|claims| claims.multi_factor || !claims.contexts.is_empty())
    }
}

/// Tells a client by sending its person back.
fn send_back(to: &str, told: &[(&str, &str)], post: bool) -> Answer {
    if post { form_post(to, told) } else { redirect(to, told) }
}

fn ended(status: StatusCode, text: &str) -> Answer {
    html(&Page::End { title: "Sign in", text }, status, None)
}

const UNKNOWN_PLACE: &str = "The application or its redirect_uri is not registered in this tenant.";
