package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"
)

// newCursorKey declares the key that seals cursors, and returns a reference that CloudFormation replaces by it in a function's
// environment. So a request costs no call, and a cold start neither, where KMS's GenerateMac costs some milliseconds and $0.03 per
// 10,000 pages beside its $1 a month. The secret costs $0.40 a month. Who may read the function's configuration
// reads the key; with it a cursor can be made up, which still reaches only what its maker may list.
func newCursorKey(stack awscdk.Stack) *string {
	key := named(awssecretsmanager.NewSecret(stack, jsii.String("CursorKey"), &awssecretsmanager.SecretProps{
		Description: jsii.String("Seals the cursors of lists: with another one, those given out before are refused"),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			PasswordLength: jsii.Number(64), ExcludePunctuation: jsii.Bool(true),
		},
	}))
	return key.SecretValue().UnsafeUnwrap()
}
