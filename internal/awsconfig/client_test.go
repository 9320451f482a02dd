package awsconfig_test

import (
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/annals-es/annals/internal/awsconfig"
)

// TestBundleIsTrusted: behind a proxy that looks into connections, the certificates of AWS_CA_BUNDLE count.
func TestBundleIsTrusted(t *testing.T) { //nolint:paralleltest // sets the environment
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, trusted := range map[string]bool{"": false, bundle: true} {
		env := maps.Clone(onLambda)
		env["AWS_CA_BUNDLE"] = path
		set(t, env)
		cfg, err := awsconfig.FromEnvironment()
		if err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := cfg.HTTPClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		if (err == nil) != trusted {
			t.Errorf("request with the bundle %q: %v, want trusted %t", path, err, trusted)
		}
	}
}
