// Command infra is the CDK app: it turns the shop's declaration into one CloudFormation stack.
//
// The CDK command line runs it, see cdk.json. It also runs without, from the project's root, and writes the same to cdk.out:
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

// emailKey keys the ids under which e-mail addresses are reserved. The stack's id is unique, known to few, and lives as long
// as the stack's events. A stack around a restored event table needs that of the stack whose table it was, for ever.
var emailKey = annalscdk.Setting{
	Name: "emailKey", Pattern: `^\S{20,}$`, CanBe: "the id of a stack, of at least 20 characters",
	Apply: func(s *annalscdk.Settings, value string) {
		s.Secrets[email.KeyEnv] = awscdk.Aws_STACK_ID()
		if value != "" {
			s.Secrets[email.KeyEnv] = jsii.String(value)
		}
	},
}
