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

// identity is who says who callers are: an OpenID issuer, and for whom its tokens must be.
type identity struct {
	issuer   *string
	audience []*string
}

// newIdentity is the issuer that the deployment names, or a user pool of its own.
func newIdentity(stack awscdk.Stack, conf config) identity {
	if conf.issuer != "" {
		return identity{jsii.String(conf.issuer), *jsii.Strings(conf.audience...)}
	}
	pool := newUserPool(stack)
	domain := named(pool.AddDomain(jsii.String("UserPoolDomain"), &awscognito.UserPoolDomainOptions{
		// Names of domains are one space for all accounts of a region.
		CognitoDomain: &awscognito.CognitoDomainOptions{
			DomainPrefix: jsii.String(conf.domainPrefix() + "-" + *stack.Account()),
		},
	}))
	output(stack, "LoginUrl", domain.BaseUrl(nil), "Where callers get tokens: /oauth2/authorize and /oauth2/token")
	clients := newClients(stack, conf, pool)
	return identity{pool.UserPoolProviderUrl(), clients}
}

// reservedWords are in no domain of a user pool:
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html
var reservedWords = []string{"aws", "amazon", "cognito"}

// domainPrefix is what the domain of the stack's user pool begins with. The account comes behind it.
func (s settings) domainPrefix() string { return strings.ToLower(s.stackName()) }

// validateDomain refuses a stage whose user pool could not have its domain: CloudFormation finds that out after
// minutes.
func (s settings) validateDomain() error {
	for _, word := range reservedWords {
		if s.issuer == "" && strings.Contains(s.domainPrefix(), word) {
			return fmt.Errorf("stage is %q: the user pool's domain would begin with %s, and Cognito takes none with %q in it: "+
				"choose another name, or an issuer of your own", s.stage, s.domainPrefix(), word)
		}
	}
	return nil
}

// newUserPool declares a pool that customers sign up to by e-mail. It outlives the stack, as the events that name its
// users do.
func newUserPool(stack awscdk.Stack) awscognito.UserPool {
	return named(awscognito.NewUserPool(stack, jsii.String("UserPool"), &awscognito.UserPoolProps{
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

// newClients declares who may ask for which scopes, and returns their ids. Cognito gives scopes to clients, not to
// people: whoever signs in by a client gets all of its scopes. So the scope to operate belongs to a client that nobody
// signs in by, which has a secret and is its own subject. People who operate need an issuer that knows their roles.
func newClients(stack awscdk.Stack, conf config, pool awscognito.UserPool) []*string {
	scopes := newScopes(pool)
	callbacks := conf.origins
	if len(callbacks) == 0 {
		callbacks = []string{"http://localhost:3000"} // a client on the developer's machine
	}
	customers := named(pool.AddClient(jsii.String("CustomersClient"), &awscognito.UserPoolClientOptions{
		OAuth: &awscognito.OAuthSettings{
			Flows:        &awscognito.OAuthFlows{AuthorizationCodeGrant: jsii.Bool(true)},
			Scopes:       &[]awscognito.OAuthScope{awscognito.OAuthScope_OPENID(), scopes[service.ScopeOf(annals.ToCommand)], scopes[service.ScopeOf(annals.ToQuery)]},
			CallbackUrls: jsii.Strings(callbacks...),
		},
		PreventUserExistenceErrors: jsii.Bool(true),
	}))
	operators := named(pool.AddClient(jsii.String("OperatorsClient"), &awscognito.UserPoolClientOptions{
		GenerateSecret: jsii.Bool(true),
		OAuth: &awscognito.OAuthSettings{
			Flows:  &awscognito.OAuthFlows{ClientCredentials: jsii.Bool(true)},
			Scopes: &[]awscognito.OAuthScope{scopes[service.ScopeOf(annals.ToCommand)], scopes[service.ScopeOf(annals.ToQuery)], scopes[service.ScopeOf(annals.ToOperate)]},
		},
	}))
	output(stack, "CustomersClientId", customers.UserPoolClientId(), "Client that customers sign in by")
	output(stack, "OperatorsClientId", operators.UserPoolClientId(), "Client of operators' programs, which has a secret")
	return []*string{customers.UserPoolClientId(), operators.UserPoolClientId()}
}

// newScopes declares the API's scopes.
func newScopes(pool awscognito.UserPool) map[string]awscognito.OAuthScope {
	var server string
	declared := map[string]awscognito.ResourceServerScope{}
	var all []awscognito.ResourceServerScope
	for _, scope := range slices.Sorted(maps.Keys(annalsaws.Scopes(service))) {
		var name string
		server, name, _ = strings.Cut(scope, "/")
		declared[scope] = awscognito.NewResourceServerScope(&awscognito.ResourceServerScopeProps{
			ScopeName: jsii.String(name), ScopeDescription: jsii.String(annalsaws.Scopes(service)[scope]),
		})
		all = append(all, declared[scope])
	}
	resource := named(pool.AddResourceServer(jsii.String("ApiScopes"), &awscognito.UserPoolResourceServerOptions{
		Identifier: jsii.String(server), Scopes: &all,
	}))
	scopes := map[string]awscognito.OAuthScope{}
	for scope, one := range declared {
		scopes[scope] = awscognito.OAuthScope_ResourceServer(resource, one)
	}
	return scopes
}
