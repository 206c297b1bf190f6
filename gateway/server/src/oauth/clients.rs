//! Which application asks, and whether it is the one.

use portcullis_api::oauth::{ClientCredential, OAuthError, OAuthErrorCode};
use portcullis_identity::{Assertion, Client, ClientError, Directory};
use portcullis_model::{ApplicationId, TenantId};

use super::{LoginRequest, refusal};

impl LoginRequest<'_> {
    /// Finds out which application asks. Wrong secrets and assertions are counted for the address and for the
    /// application; who has shown too many is not asked for another.
    pub(super) async fn client(
        &self,
        tenant: TenantId,
        application: ApplicationId,
        credential: &ClientCredential,
        directory: &Directory,
    ) -> Result<Client, OAuthError> {
        let issuer = self.gateway.issuer();
        if matches!(credential, ClientCredential::None) {
            return issuer.public_client(tenant, application, directory).map_err(|error| refusal::client(&error));
        }
        let (throttling, now) = (self.gateway.throttling(), self.gateway.clock().now());
        if let Some(throttling) = throttling {
            throttling.may_show_secret(self.from, application, now).map_err(|over| refusal::too_many(&over))?;
        }
        let result = match credential {
            ClientCredential::Secret(secret) => {
                issuer.client_by_secret(tenant, application, secret, directory).map_err(|error| refusal::client(&error))
            }
            ClientCredential::Assertion(text) => self.by_assertion(tenant, application, text.expose(), directory).await,
            ClientCredential::None => Err(refusal::client(&ClientError::Confidential)),
        };
        if let Some(throttling) = throttling {
            match &result {
                Ok(_) => throttling.showed_secret(self.from, application),
                // What is no fault of the client's is not counted.
                Err(error) if error.code() == OAuthErrorCode::Unavailable => {}
                Err(_) => throttling.count_wrong_secret(self.from, application, now),
            }
        }
        result
    }

    async fn by_assertion(
        &self,
        tenant: TenantId,
        application: ApplicationId,
        text: &str,
        directory: &Directory,
    ) -> Result<Client, OAuthError> {
        let (gateway, now) = (self.gateway, self.gateway.clock().now());
        let assertion = Assertion::parse(text).map_err(|error| refusal::client(&error.into()))?;
        if assertion.is_by(application) {
            let authority = gateway.hosts().login_authority(&tenant);
            let audiences =
                ["/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "/"].map(|path| format!("{authority}{path}"));
            return gateway
                .issuer()
                .client_by_certificate(
                    (tenant, application),
                    &assertion,
                    &audiences,
                    (gateway.assertion_replays(), self.from),
                    directory,
                )
                .map_err(|error| refusal::client(&error));
        }
        let token = gateway.trusted_issuers().verify(assertion, now).await.map_err(refusal::foreign)?;
        let client = gateway.issuer().client_by_federation(tenant, application, &token, directory);
        client.map_err(|error| refusal::client(&error))
    }
}
