package annalscdk

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals"
)

// addSecrets declares the key that seals cursors, and the service's secrets that have no value in the settings.
//
// CloudFormation puts their values into the functions' environment, so neither a request nor a cold start needs a call.
// KMS's GenerateMac would cost some milliseconds, $0.03 per 10,000 pages and $1 a month; a secret costs $0.40 a month.
// Anyone who can read the function's configuration can read the key. With the cursor key, a caller could make up a
// cursor, which still reaches only rows that the caller may list.
func (s *Service) addSecrets() {
	s.CursorKey = s.newSecret("CursorKey", "Seals list cursors: another key makes earlier cursors invalid", 64)
	s.Secrets = map[string]awssecretsmanager.Secret{}
	for _, secret := range s.Declaration.Secrets {
		if s.Settings.Secrets[secret.Env] == nil {
			s.Secrets[secret.Env] = s.newSecret(secretID(secret), "Secret "+secret.Env+" of the service",
				max(64, secret.MinBytes))
		}
	}
}

// secretID is the logical id of a service's secret: EmailKeySecret for EMAIL_KEY.
func secretID(secret *annals.SecretValue) string {
	return pascal(strings.ReplaceAll(strings.ToLower(secret.Env), "_", "-")) + "Secret"
}

func (s *Service) newSecret(id, description string, length int) awssecretsmanager.Secret {
	return named(awssecretsmanager.NewSecret(s.Stack, jsii.String(id), &awssecretsmanager.SecretProps{
		Description: jsii.String(description),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			PasswordLength: jsii.Number(length), ExcludePunctuation: jsii.Bool(true),
		},
	}))
}

// secretsEnvironment returns the variables with the values of the given secrets.
func (s *Service) secretsEnvironment(secrets []*annals.SecretValue) map[string]*string {
	env := map[string]*string{}
	for _, secret := range secrets {
		if value := s.Settings.Secrets[secret.Env]; value != nil {
			env[secret.Env] = value
		} else {
			env[secret.Env] = s.Secrets[secret.Env].SecretValue().UnsafeUnwrap()
		}
	}
	return env
}
