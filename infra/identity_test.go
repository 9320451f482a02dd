package main

import (
	"maps"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

func TestAuthorizer(t *testing.T) {
	want := func(issuer, audience any) object {
		return object{
			"ApiId": ref("Api"), "Name": "token", "AuthorizerType": "JWT",
			"IdentitySource":   list{"$request.header.Authorization"},
			"JwtConfiguration": object{"Issuer": issuer, "Audience": audience},
		}
	}
	same(t, "a pool of its own", want(getAtt("UserPool", "ProviderURL"), list{
		ref("CustomersClient"), ref("OperatorsClient"),
	}),
		arm64.resource(t, "ApiAuthorizer", "AWS::ApiGatewayV2::Authorizer").Properties)
	same(t, "an issuer", want("https://id.example.org/", list{"annals", "more"}),
		edge.resource(t, "ApiAuthorizer", "AWS::ApiGatewayV2::Authorizer").Properties)
	same(t, "authorizers", []string{"ApiAuthorizer", "SocketAuthorizer"}, arm64.ids("AWS::ApiGatewayV2::Authorizer"))
	for id, r := range edge.template.Resources {
		if strings.HasPrefix(r.Type, "AWS::Cognito::") {
			t.Errorf("%s exists beside an issuer of the team's own", id)
		}
	}
}

// TestEveryRouteHasAScope: each route is open only to the scope that it declares. Only the documentation is public, if
// a deployment has it.
func TestEveryRouteHasAScope(t *testing.T) {
	for _, route := range annalsaws.Routes(service) {
		p := arm64.resource(t, pascal(route.ID)+"Route", "AWS::ApiGatewayV2::Route").Properties
		same(t, route.ID, list{"JWT", ref("ApiAuthorizer"), list{route.Scope}}, list{
			p["AuthorizationType"], p["AuthorizerId"], p["AuthorizationScopes"],
		})
		if annalsaws.Scopes(service)[route.Scope] == "" {
			t.Errorf("%s: no client can get the scope %q", route.ID, route.Scope)
		}
	}
	for _, route := range annalsaws.DocsRoutes {
		id := pascal(route.ID) + "Route"
		same(t, route.ID, any("NONE"), arm64.resource(t, id, "AWS::ApiGatewayV2::Route").Properties["AuthorizationType"])
		if _, there := edge.template.Resources[id]; there {
			t.Errorf("%s exists though the docs are off", id)
		}
	}
}

func TestUserPool(t *testing.T) {
	pool := arm64.resource(t, "UserPool", "AWS::Cognito::UserPool")
	same(t, "deletion", []any{"Retain", "ACTIVE"}, []any{pool.DeletionPolicy, pool.Properties["DeletionProtection"]})
	same(t, "sign-in", list{list{"email"}, list{"email"}, "OPTIONAL", list{"SOFTWARE_TOKEN_MFA"}}, list{
		pool.Properties["UsernameAttributes"], pool.Properties["AutoVerifiedAttributes"],
		pool.Properties["MfaConfiguration"], pool.Properties["EnabledMfas"],
	})
	same(t, "password", any(12.0), pool.Properties["Policies"].(object)["PasswordPolicy"].(object)["MinimumLength"])
	for stack, want := range map[*assembly]list{
		&arm64: {"shop-", ref("AWS::AccountId")}, &prod: {"shop-prod-", ref("AWS::AccountId")},
	} {
		same(t, "domain", any(object{"Fn::Join": list{"", want}}),
			stack.resource(t, "UserPoolDomain", "AWS::Cognito::UserPoolDomain").Properties["Domain"])
	}
}

// TestNobodySignsInAsOperator: Cognito gives a client's scopes to everyone who signs in through it.
func TestNobodySignsInAsOperator(t *testing.T) {
	scope := func(name string) object {
		return object{"Fn::Join": list{"", list{ref("ApiScopes"), "/" + name}}}
	}
	want := map[string]object{
		"CustomersClient": {
			"UserPoolId": ref("UserPool"), "AllowedOAuthFlows": list{"code"}, "AllowedOAuthFlowsUserPoolClient": true,
			"AllowedOAuthScopes":         list{"openid", scope("command"), scope("query")},
			"CallbackURLs":               list{"http://localhost:3000"},
			"PreventUserExistenceErrors": "ENABLED", "SupportedIdentityProviders": list{"COGNITO"},
		},
		"OperatorsClient": {
			"UserPoolId": ref("UserPool"), "AllowedOAuthFlows": list{"client_credentials"},
			"AllowedOAuthFlowsUserPoolClient": true,
			"AllowedOAuthScopes":              list{scope("command"), scope("query"), scope("operate")}, "GenerateSecret": true,
			"SupportedIdentityProviders": list{"COGNITO"},
		},
	}
	for id, properties := range want {
		got := maps.Clone(arm64.resource(t, id, "AWS::Cognito::UserPoolClient").Properties)
		same(t, id, properties, got)
	}
	same(t, "clients", []string{"CustomersClient", "OperatorsClient"}, arm64.ids("AWS::Cognito::UserPoolClient"))
	server := arm64.resource(t, "ApiScopes", "AWS::Cognito::UserPoolResourceServer").Properties
	declared := map[string]string{}
	for _, s := range server["Scopes"].(list) {
		one := s.(object)
		declared[server["Identifier"].(string)+"/"+one["ScopeName"].(string)] = one["ScopeDescription"].(string)
	}
	same(t, "scopes", annalsaws.Scopes(service), declared)
}

func TestSocketAuthorizer(t *testing.T) {
	same(t, "SocketAuthorizer", object{
		"ApiId": ref("SocketApi"), "Name": "token", "AuthorizerType": "REQUEST",
		"AuthorizerUri": arm64.resource(t, "SocketIntegration",
			"AWS::ApiGatewayV2::Integration").Properties["IntegrationUri"],
	}, arm64.resource(t, "SocketAuthorizer", "AWS::ApiGatewayV2::Authorizer").Properties)
	same(t, "SocketAuthorizerPermission", object{
		"Action": "lambda:InvokeFunction", "FunctionName": getAtt("SocketFunction", "Arn"),
		"Principal": "apigateway.amazonaws.com",
		"SourceArn": object{"Fn::Join": list{"", list{
			"arn:", ref("AWS::Partition"), ":execute-api:", ref("AWS::Region"), ":", ref("AWS::AccountId"), ":",
			ref("SocketApi"),
			"/authorizers/", ref("SocketAuthorizer"),
		}}},
	}, arm64.resource(t, "SocketAuthorizerPermission", "AWS::Lambda::Permission").Properties)
	env := edge.resource(t, "SocketFunction",
		"AWS::Lambda::Function").Properties["Environment"].(object)["Variables"].(object)
	same(t, "issuer", list{"https://id.example.org/", "annals,more"}, list{env["TOKEN_ISSUER"], env["TOKEN_AUDIENCE"]})
}
