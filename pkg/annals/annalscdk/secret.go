package annalscdk

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals"
)

// addSecrets declares the key that seals cursors, and the secrets of the service that have no value in the settings.
//
// CloudFormation puts their values into the environment of functions. So a request costs no call, and a cold start
// neither,
// where KMS's GenerateMac costs some milliseconds and $0.03 per 10,000 pages beside its $1 a month. A secret costs
// $0.40 a
// month. Who may read the function's configuration reads the key; with the one of cursors a cursor can be made up,
// which
// still reaches only what its maker may list.
func (s *Service) addSecrets() {
	s.CursorKey = s.newSecret("CursorKey", "Seals the cursors of lists: with another one, those given out before are refused", 64)
	s.Secrets = map[string]awssecretsmanager.Secret{}
	for _, secret := range s.Declaration.Secrets {
		if s.Settings.Secrets[secret.Env] == nil {
			s.Secrets[secret.Env] = s.newSecret(secretID(secret), "Secret "+secret.Env+" of the service", max(64, secret.MinBytes))
		}
	}
}

// secretID is the logical id of a service's secret: EmailKeySecret of EMAIL_KEY.
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

// secretsEnvironment are the values of secrets of the service.
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
