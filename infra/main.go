// Command infra is the CDK app of the shop: it makes one CloudFormation stack from the shop's declaration.
//
// The CDK command line runs it, see cdk.json. You can also run it directly, from the module's root. It writes the same
// template to cdk.out:
//
//	go run ./infra
package main

import (
	_ "embed"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalscdk"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/email"
)

//go:embed stages.json
var stages []byte

func main() { annalscdk.Main(shop.New(), stages, nil, emailKey) }

// emailKey is the key for the ids under which e-mail addresses are reserved. The default is the stack's id: it is
// unique, known to few, and as permanent as the stack's events. A stack with a restored event table always needs the id
// of the stack that the table came from.
var emailKey = annalscdk.Setting{
	Name: "emailKey", Pattern: `^\S{20,}$`, CanBe: "the id of a stack, of at least 20 characters",
	Apply: func(s *annalscdk.Settings, value string) {
		s.Secrets[email.KeyEnv] = awscdk.Aws_STACK_ID()
		if value != "" {
			s.Secrets[email.KeyEnv] = jsii.String(value)
		}
	},
}
