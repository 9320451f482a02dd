package annalscdk

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscognito"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// addIdentity uses the issuer in the settings, or makes a user pool.
func (s *Service) addIdentity() {
	if s.Settings.Issuer != "" {
		s.Issuer, s.Audience = jsii.String(s.Settings.Issuer), *jsii.Strings(s.Settings.Audience...)
		return
	}
	s.addUserPool()
	domain := named(s.UserPool.AddDomain(jsii.String("UserPoolDomain"), &awscognito.UserPoolDomainOptions{
		// Domain prefixes are unique among all accounts of a region.
		CognitoDomain: &awscognito.CognitoDomainOptions{
			DomainPrefix: jsii.String(s.Settings.domainPrefix(s.Declaration) + "-" + *s.Stack.Account()),
		},
	}))
	s.output("LoginUrl", domain.BaseUrl(nil), "Where callers get tokens: /oauth2/authorize and /oauth2/token")
	s.addClients()
	s.Issuer = s.UserPool.UserPoolProviderUrl()
	s.Audience = []*string{s.CustomersClient.UserPoolClientId(), s.OperatorsClient.UserPoolClientId()}
}

// reservedWords are not allowed in the domain of a user pool:
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html
var reservedWords = []string{"aws", "amazon", "cognito"}

// domainPrefix is the first part of the user pool's domain. The account id follows.
func (s *Settings) domainPrefix(service *annals.Service) string {
	return strings.ToLower(s.stackName(service))
}

// validateNames returns an error about a service or a stage whose resources could not have their names. CloudFormation
// would find that out after minutes.
func (s *Settings) validateNames(service *annals.Service) error {
	prefix := s.domainPrefix(service)
	if most := 63 - len("-123456789012"); len(prefix) > most {
		return fmt.Errorf("the stack's name %s has %d characters, and the limit is %d: "+
			"choose a shorter name for the service or the stage",
			s.stackName(service), len(prefix), most)
	}
	for _, word := range reservedWords {
		if s.Issuer != "" || !strings.Contains(prefix, word) {
			continue
		}
		if strings.Contains(strings.ToLower(pascal(service.Name)), word) {
			return fmt.Errorf("the service's name is %q: its user pool's domain would begin with %s, and Cognito does "+
				"not allow %q in it: choose another name, or set an issuer of your own", service.Name, prefix, word)
		}
		return fmt.Errorf("stage is %q: the user pool's domain would begin with %s, and Cognito does not allow %q in it: "+
			"choose another name, or set an issuer of your own", s.Stage, prefix, word)
	}
	return nil
}

// addUserPool declares a user pool that customers sign up to by e-mail. It stays when the stack is deleted, like the
// events that have its users' ids.
func (s *Service) addUserPool() {
	s.UserPool = named(awscognito.NewUserPool(s.Stack, jsii.String("UserPool"), &awscognito.UserPoolProps{
		SelfSignUpEnabled:  jsii.Bool(true),
		SignInAliases:      &awscognito.SignInAliases{Email: jsii.Bool(true)},
		AutoVerify:         &awscognito.AutoVerifiedAttrs{Email: jsii.Bool(true)},
		AccountRecovery:    awscognito.AccountRecovery_EMAIL_ONLY,
		Mfa:                awscognito.Mfa_OPTIONAL,
		MfaSecondFactor:    &awscognito.MfaSecondFactor{Otp: jsii.Bool(true), Sms: jsii.Bool(false)},
		PasswordPolicy:     &awscognito.PasswordPolicy{MinLength: jsii.Number(12)},
		DeletionProtection: jsii.Bool(true),
		RemovalPolicy:      awscdk.RemovalPolicy_RETAIN,
	}))
}

// addClients declares which client gets which scopes. Cognito gives scopes to clients, not to people: everyone who
// signs in through a client gets all of its scopes. So the operator scope belongs to a client without sign-in, which
// has a secret and is its own subject. For people who operate, use an issuer that knows their roles.
func (s *Service) addClients() {
	scopes := s.newScopes()
	command, query := scopes[s.Declaration.ScopeOf(annals.ToCommand)], scopes[s.Declaration.ScopeOf(annals.ToQuery)]
	callbacks := s.Settings.Origins
	if len(callbacks) == 0 {
		callbacks = []string{"http://localhost:3000"} // a client on the developer's machine
	}
	s.CustomersClient = named(s.UserPool.AddClient(jsii.String("CustomersClient"), &awscognito.UserPoolClientOptions{
		OAuth: &awscognito.OAuthSettings{
			Flows:        &awscognito.OAuthFlows{AuthorizationCodeGrant: jsii.Bool(true)},
			Scopes:       &[]awscognito.OAuthScope{awscognito.OAuthScope_OPENID(), command, query},
			CallbackUrls: jsii.Strings(callbacks...),
		},
		PreventUserExistenceErrors: jsii.Bool(true),
	}))
	s.OperatorsClient = named(s.UserPool.AddClient(jsii.String("OperatorsClient"), &awscognito.UserPoolClientOptions{
		GenerateSecret: jsii.Bool(true),
		OAuth: &awscognito.OAuthSettings{
			Flows:  &awscognito.OAuthFlows{ClientCredentials: jsii.Bool(true)},
			Scopes: &[]awscognito.OAuthScope{command, query, scopes[s.Declaration.ScopeOf(annals.ToOperate)]},
		},
	}))
	s.output("CustomersClientId", s.CustomersClient.UserPoolClientId(), "Client with which customers sign in")
	s.output("OperatorsClientId", s.OperatorsClient.UserPoolClientId(),
		"Client of operators' programs, which has a secret")
}

// newScopes declares the API's scopes.
func (s *Service) newScopes() map[string]awscognito.OAuthScope {
	var server string
	declared := map[string]awscognito.ResourceServerScope{}
	var all []awscognito.ResourceServerScope
	for _, scope := range slices.Sorted(maps.Keys(annalsaws.Scopes(s.Declaration))) {
		var name string
		server, name, _ = strings.Cut(scope, "/")
		declared[scope] = awscognito.NewResourceServerScope(&awscognito.ResourceServerScopeProps{
			ScopeName: jsii.String(name), ScopeDescription: jsii.String(annalsaws.Scopes(s.Declaration)[scope]),
		})
		all = append(all, declared[scope])
	}
	resource := named(s.UserPool.AddResourceServer(jsii.String("ApiScopes"), &awscognito.UserPoolResourceServerOptions{
		Identifier: jsii.String(server), Scopes: &all,
	}))
	scopes := map[string]awscognito.OAuthScope{}
	for scope, one := range declared {
		scopes[scope] = awscognito.OAuthScope_ResourceServer(resource, one)
	}
	return scopes
}
