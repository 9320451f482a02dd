// Package awsconfig configures the AWS SDK's clients. Functions use [FromEnvironment]: Lambda gives them all settings
// in environment variables. Tools use its package profiles, which also reads profiles and can log in.
package awsconfig

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/logging"
)

// minCompressed is the size from which requests are compressed, if an API supports that. It is the SDK's default.
const minCompressed = 10240

// FromEnvironment returns the configuration in Lambda's environment variables, with the HTTP client and the retries of
// this package. It does not use the SDK's package config, which links all ways to log in, so functions do not link
// those.
//
// It reads AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_ACCOUNT_ID, AWS_ENDPOINT_URL,
// AWS_ENDPOINT_URL_<SERVICE>, AWS_CA_BUNDLE, AWS_SDK_UA_APP_ID, AWS_DISABLE_CLOCK_SKEW_CORRECTION and the variables of
// the choices below, as the SDK does.
//
// It does not read AWS_MAX_ATTEMPTS, AWS_RETRY_MODE and AWS_DEFAULTS_MODE, since retries and timeouts are its own. It
// does not read profiles, nor AWS_CONTAINER_CREDENTIALS_FULL_URI: Lambda sets that for SnapStart, which functions on
// provided.al2023 do not have.
//
// Errors: one that names all variables that are missing or invalid; one if a bundle of certificates can't be read.
func FromEnvironment() (aws.Config, error) {
	client, err := clientTrusting(os.Getenv("AWS_CA_BUNDLE"))
	if err != nil {
		return aws.Config{}, fmt.Errorf("AWS configuration: AWS_CA_BUNDLE: %w", err)
	}
	var r reader
	of := identity{
		AccessKeyID: r.required("AWS_ACCESS_KEY_ID"), SecretAccessKey: r.required("AWS_SECRET_ACCESS_KEY"),
		SessionToken: os.Getenv("AWS_SESSION_TOKEN"), AccountID: os.Getenv("AWS_ACCOUNT_ID"), Source: "environment",
	}
	cfg := aws.Config{
		Region:                     r.required("AWS_REGION", "AWS_DEFAULT_REGION"),
		Credentials:                aws.NewCredentialsCache(of),
		HTTPClient:                 client,
		Retryer:                    Retryer,
		Logger:                     logging.NewStandardLogger(os.Stderr),
		DefaultsMode:               aws.DefaultsModeLegacy,
		AppID:                      os.Getenv("AWS_SDK_UA_APP_ID"),
		AccountIDEndpointMode:      choice(&r, "AWS_ACCOUNT_ID_ENDPOINT_MODE", accountEndpoints),
		RequestChecksumCalculation: choice(&r, "AWS_REQUEST_CHECKSUM_CALCULATION", requestChecksums),
		ResponseChecksumValidation: choice(&r, "AWS_RESPONSE_CHECKSUM_VALIDATION", responseChecksums),
		DisableClockSkewCorrection: choice(&r, "AWS_DISABLE_CLOCK_SKEW_CORRECTION", switches),
		DisableRequestCompression:  choice(&r, "AWS_DISABLE_REQUEST_COMPRESSION", switches),
		RestrictFilePermissions:    aws.RestrictFilePermissionsUserReadWrite,

		RequestMinCompressSizeBytes: minCompressed,
	}
	at := endpoints{
		ignored:   choice(&r, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", switches),
		dualStack: choice(&r, "AWS_USE_DUALSTACK_ENDPOINT", dualStacks),
		fips:      choice(&r, "AWS_USE_FIPS_ENDPOINT", fips),
		discovery: choice(&r, "AWS_ENABLE_ENDPOINT_DISCOVERY", discoveries),
	}
	cfg.ConfigSources = []any{at}
	if all := os.Getenv("AWS_ENDPOINT_URL"); all != "" && !at.ignored {
		cfg.BaseEndpoint = &all
	}
	return cfg, r.err()
}

// identity has the credentials of the function's role. They are valid as long as its process runs.
type identity aws.Credentials

// Retrieve implements [aws.CredentialsProvider].
func (i identity) Retrieve(context.Context) (aws.Credentials, error) { return aws.Credentials(i), nil }

// ProviderSources returns the source of the credentials, which the clients report to AWS.
func (identity) ProviderSources() []aws.CredentialSource {
	return []aws.CredentialSource{aws.CredentialSourceEnvVars}
}

// reader collects the mistakes in the environment.
type reader struct{ missing, wrong []string }

// required returns the value of a variable, which may have several names. If it is missing, the error has its first
// name.
func (r *reader) required(names ...string) string {
	var value string
	for _, name := range names {
		value = cmp.Or(value, os.Getenv(name))
	}
	if value == "" {
		r.missing = append(r.missing, names[0])
	}
	return value
}

func (r *reader) err() error {
	faults := r.wrong
	if len(r.missing) > 0 {
		faults = append(faults, "set "+strings.Join(r.missing, ", ")+": Lambda sets them for every function")
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("AWS configuration: %s", strings.Join(faults, "; "))
}
