package awsconfig_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/internal/awsconfig"
	"github.com/annals-es/annals/internal/awsconfig/profiles"
	"github.com/annals-es/annals/internal/awsendpoint"
)

// onLambda is what Lambda gives every function.
var onLambda = map[string]string{
	"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID",
	"AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
}

// set sets the environment of a function, and takes away what else configures the SDK.
func set(t *testing.T, env map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value) // set again after the test
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	for name, value := range env {
		t.Setenv(name, value)
	}
}

// recorder answers no request, and keeps what is said of the last one: where it goes, and who signs it for what.
type recorder struct{ last []string }

var errRecorded = errors.New("recorded")

func (r *recorder) Do(request *http.Request) (*http.Response, error) {
	if strings.HasSuffix(request.Header.Get("X-Amz-Target"), ".DescribeEndpoints") {
		return nil, errRecorded // the client of DynamoDB asks this beside a request, and may come after it
	}
	signed, _, _ := strings.Cut(request.Header.Get("Authorization"), ", Signature=")
	r.last = []string{
		request.URL.String(), signed, request.Header.Get("X-Amz-Security-Token"), request.Header.Get("User-Agent"),
		request.Header.Get("Content-Encoding"),
	}
	return nil, errRecorded
}

// requests is what is sent by the clients that functions have, if they have a configuration.
func requests(t *testing.T, cfg aws.Config) map[string][]string {
	t.Helper()
	var r recorder
	cfg.HTTPClient, cfg.Retryer = &r, func() aws.Retryer { return aws.NopRetryer{} }
	key := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "k"}}
	calls := map[string]func(context.Context) error{
		"DynamoDB": func(ctx context.Context) error {
			_, err := dynamodb.NewFromConfig(cfg).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("t"), Key: key})
			return err
		},
		"DynamoDB Streams": func(ctx context.Context) error {
			_, err := dynamodbstreams.NewFromConfig(cfg).ListStreams(ctx, &dynamodbstreams.ListStreamsInput{})
			return err
		},
		"SQS": func(ctx context.Context) error {
			queue := aws.String("https://sqs.eu-west-1.amazonaws.com/123456789012/q")
			_, err := sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{
				QueueUrl: queue, MessageBody: aws.String("m"),
			})
			return err
		},
		"EventBridge": func(ctx context.Context) error {
			events := []eventtypes.PutEventsRequestEntry{{Source: aws.String("s")}}
			_, err := eventbridge.NewFromConfig(cfg).PutEvents(ctx, &eventbridge.PutEventsInput{Entries: events})
			return err
		},
		"SFN": func(ctx context.Context) error {
			machine := aws.String("arn:aws:states:eu-west-1:123456789012:stateMachine:m")
			_, err := sfn.NewFromConfig(cfg).StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: machine})
			return err
		},
	}
	sent := map[string][]string{}
	for service, call := range calls {
		r.last = nil
		if err := call(t.Context()); !errors.Is(err, errRecorded) {
			sent[service] = []string{"not sent: " + err.Error()}
			continue
		}
		sent[service] = slices.Clone(r.last)
	}
	own, _ := awsendpoint.Of(cfg, "S3") // whose requests are made without the SDK's client
	sent["S3"] = []string{own}
	return sent
}

// TestAsTheSDK: clients send what they would if the SDK's package config had read the environment.
func TestAsTheSDK(t *testing.T) { //nolint:paralleltest // sets the environment
	for name, env := range map[string]map[string]string{ //nolint:paralleltest // sets the environment
		"Lambda's own":       nil,
		"region's old name":  {"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-west-2"},
		"China":              {"AWS_REGION": "cn-north-1"},
		"no session":         {"AWS_SESSION_TOKEN": ""},
		"all services":       {"AWS_ENDPOINT_URL": "http://all:1"},
		"one service":        {"AWS_ENDPOINT_URL_DYNAMODB": "http://tables:1", "AWS_ENDPOINT_URL_S3": "http://objects:1/"},
		"a name with spaces": {"AWS_ENDPOINT_URL_DYNAMODB_STREAMS": "http://streams:1"},
		"all and some": {
			"AWS_ENDPOINT_URL": "http://all:1", "AWS_ENDPOINT_URL_SQS": "http://queues:1",
			"AWS_ENDPOINT_URL_EVENTBRIDGE": "http://bus:1", "AWS_ENDPOINT_URL_SFN": "http://machines:1",
		},
		"ignored": {
			"AWS_ENDPOINT_URL": "http://all:1", "AWS_ENDPOINT_URL_SQS": "http://queues:1",
			"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
		},
		"not ignored":   {"AWS_ENDPOINT_URL": "http://all:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "False"},
		"FIPS":          {"AWS_REGION": "us-east-1", "AWS_USE_FIPS_ENDPOINT": "true"},
		"no FIPS":       {"AWS_REGION": "us-east-1", "AWS_USE_FIPS_ENDPOINT": "false"},
		"dual stack":    {"AWS_USE_DUALSTACK_ENDPOINT": "TRUE"},
		"no dual stack": {"AWS_USE_DUALSTACK_ENDPOINT": "false"},
		"both": {
			"AWS_REGION": "us-east-1", "AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true",
		},
		"account":            {"AWS_ACCOUNT_ID": "123456789012"},
		"account, required":  {"AWS_ACCOUNT_ID": "123456789012", "AWS_ACCOUNT_ID_ENDPOINT_MODE": "required"},
		"account, disabled":  {"AWS_ACCOUNT_ID": "123456789012", "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled"},
		"no account":         {"AWS_ACCOUNT_ID_ENDPOINT_MODE": "required"},
		"application":        {"AWS_SDK_UA_APP_ID": "shop"},
		"discovery, not now": {"AWS_ENABLE_ENDPOINT_DISCOVERY": "false"},
		"discovery":          {"AWS_ENABLE_ENDPOINT_DISCOVERY": "true"},
		"attempts":           {"AWS_MAX_ATTEMPTS": "9", "AWS_RETRY_MODE": "adaptive"},
		"checksums": {
			"AWS_REQUEST_CHECKSUM_CALCULATION": "when_required", "AWS_RESPONSE_CHECKSUM_VALIDATION": "WHEN_REQUIRED",
		},
		"as it comes": {"AWS_DISABLE_CLOCK_SKEW_CORRECTION": "true", "AWS_DISABLE_REQUEST_COMPRESSION": "true"},
	} {
		t.Run(name, func(t *testing.T) {
			all := maps.Clone(onLambda)
			maps.Copy(all, env)
			set(t, all)
			sdk, err := profiles.Load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got, err := awsconfig.FromEnvironment()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(settings(sdk), settings(got)); diff != "" {
				t.Errorf("settings (-SDK's +ours):\n%s", diff)
			}
			if diff := cmp.Diff(requests(t, sdk), requests(t, got)); diff != "" {
				t.Errorf("requests (-SDK's +ours):\n%s", diff)
			}
		})
	}
}

// settings are the fields of a configuration that are plain values, and what a client of DynamoDB makes of the rest.
func settings(cfg aws.Config) map[string]any {
	return map[string]any{
		"region": cfg.Region, "endpoint": cfg.BaseEndpoint, "mode": cfg.DefaultsMode, "application": cfg.AppID,
		"runtime": cfg.RuntimeEnvironment, "account": cfg.AccountIDEndpointMode, "attempts": cfg.RetryMaxAttempts,
		"retries": cfg.RetryMode, "of requests": cfg.RequestChecksumCalculation, "of answers": cfg.ResponseChecksumValidation,
		"skew": cfg.DisableClockSkewCorrection, "uncompressed": cfg.DisableRequestCompression,
		"schemes":         cfg.AuthSchemePreference,
		"compressed from": cfg.RequestMinCompressSizeBytes, "files": cfg.RestrictFilePermissions, "log": cfg.ClientLogMode,
		"discovery": dynamodb.NewFromConfig(cfg).Options().EndpointDiscovery.EnableEndpointDiscovery,
	}
}

// TestFaultsAreNamed: one error names all variables.
func TestFaultsAreNamed(t *testing.T) { //nolint:paralleltest // sets the environment
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct { //nolint:paralleltest // sets the environment
		name string
		env  map[string]string
		want string
	}{
		{
			"nothing", map[string]string{
				"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
			},
			"AWS configuration: set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION: Lambda sets them for every function",
		},
		{"no region", map[string]string{"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "AWS configuration: set AWS_REGION: "},
		{
			"wrong", map[string]string{
				"AWS_USE_FIPS_ENDPOINT": "yes", "AWS_ENABLE_ENDPOINT_DISCOVERY": "x", "AWS_SECRET_ACCESS_KEY": "",
			},
			`AWS configuration: AWS_USE_FIPS_ENDPOINT is "yes": set it to false or true; ` +
				`AWS_ENABLE_ENDPOINT_DISCOVERY is "x": ` + "set it to auto or false or true; set AWS_SECRET_ACCESS_KEY: ",
		},
		{"no bundle", map[string]string{"AWS_CA_BUNDLE": "/nowhere"}, "AWS configuration: AWS_CA_BUNDLE: open /nowhere: "},
		{
			"an empty bundle", map[string]string{"AWS_CA_BUNDLE": empty},
			"AWS configuration: AWS_CA_BUNDLE: " + empty + " has no certificate",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			all := maps.Clone(onLambda)
			maps.Copy(all, test.env)
			set(t, all)
			if _, err := awsconfig.FromEnvironment(); err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("configuration from the environment: %v, want the error %s…", err, test.want)
			}
		})
	}
}
