package awsendpoint_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"github.com/annals-es/annals/internal/awsendpoint"
)

// TestOf: the endpoint is the one that the SDK's own client takes, whatever says it.
func TestOf(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "config")
	text := "[default]\nregion = us-east-1\nendpoint_url = http://profile\nservices = own\n\n[services own]\n" +
		"dynamodb_streams =\n  endpoint_url = http://profile-own\n"
	if err := os.WriteFile(profile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		env  map[string]string
		want string
		own  bool
	}{
		{"nothing", nil, "", false},
		{"all", map[string]string{"AWS_ENDPOINT_URL": "http://all"}, "http://all", false},
		{
			"its own", map[string]string{"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": "http://own"},
			"http://own", true,
		},
		{"another's", map[string]string{"AWS_ENDPOINT_URL_DYNAMODB": "http://tables"}, "", false},
		{"profile", map[string]string{"AWS_CONFIG_FILE": profile}, "http://profile-own", true},
		{
			"variable over profile",
			map[string]string{"AWS_CONFIG_FILE": profile, "AWS_ENDPOINT_URL": "http://all"}, "http://all", false,
		},
		{
			"ignored", map[string]string{
				"AWS_CONFIG_FILE": profile, "AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": "http://own",
				"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
			}, "", false,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("AWS_CONFIG_FILE", "/dev/null")
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			cfg, err := config.LoadDefaultConfig(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got, own := awsendpoint.Of(cfg, "DynamoDB Streams")
			if got != test.want || own != test.own {
				t.Errorf("%q, own: %t, want %q", got, own, test.want)
			}
			if sdk := aws.ToString(dynamodbstreams.NewFromConfig(cfg).Options().BaseEndpoint); sdk != got {
				t.Errorf("the SDK's client takes %q", sdk)
			}
		})
	}
}

// TestSlash: addresses are put together with paths.
func TestSlash(t *testing.T) {
	t.Parallel()
	if got, _ := awsendpoint.Of(aws.Config{BaseEndpoint: aws.String("http://all/")}, "S3"); got != "http://all" {
		t.Error(got)
	}
}
