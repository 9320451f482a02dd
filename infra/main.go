// Command infra is the CDK app: it turns the tables and the routes that the service declares into one CloudFormation stack.
//
// The CDK command line runs it, see cdk.json. It also runs without, from the project's root, and writes the same to cdk.out:
//
//	go run ./infra
package main

import (
	_ "embed"

	"github.com/annals-es/annals/pkg/annals/annalscdk"
)

//go:embed stages.json
var stages []byte

func main() { annalscdk.Main(stages) }
