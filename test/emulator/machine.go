package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// machine is the running emulator. It has its own certificate, and evaluates IAM policies.
type machine struct {
	endpoint string // https://localhost:<port>
	cert     string // file of the certificate
	proxy    *proxy
	client   *http.Client // trusts the emulator and uses the proxy
	process  *exec.Cmd
	ended    chan struct{}
}

// startMachine starts the emulator. Its files and log are in dir.
func startMachine(ctx context.Context, dir, bin string) (_ *machine, err error) {
	if _, err := os.Stat(bin); err != nil {
		return nil, fmt.Errorf("the emulator is not installed: run make judges (%w)", err)
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	m := &machine{
		endpoint: "https://localhost:" + strconv.Itoa(port), cert: filepath.Join(dir, "cert.pem"), ended: make(chan struct{}),
	}
	key := filepath.Join(dir, "key.pem")
	trust, err := makeCertificate(m.cert, key)
	if err != nil {
		return nil, err
	}
	if m.proxy, err = startProxy(ctx, "127.0.0.1:"+strconv.Itoa(port), trust); err != nil {
		return nil, err
	}
	m.client = client(m.proxy.URL, trust)
	log, err := os.Create(filepath.Join(dir, "ministack.log"))
	if err != nil {
		return nil, err
	}
	m.process = exec.CommandContext(context.WithoutCancel(ctx), bin)
	m.process.Stdout, m.process.Stderr = log, log
	// Functions inherit the emulator's environment.
	m.process.Env = append(without(os.Environ(), "AWS_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
		"GATEWAY_PORT="+strconv.Itoa(port), "BIND_HOST=127.0.0.1", "AUTH=true", "MINISTACK_REGION="+region,
		"MINISTACK_HOST="+region+".amazonaws.com",
		"USE_SSL=1", "MINISTACK_SSL_CERT="+m.cert, "MINISTACK_SSL_KEY="+key, "SSL_CERT_FILE="+m.cert,
		"AWS_ENDPOINT_URL="+m.endpoint, "HTTP_PROXY="+m.proxy.URL, "HTTPS_PROXY="+m.proxy.URL,
		"http_proxy="+m.proxy.URL, "https_proxy="+m.proxy.URL,
		"TMPDIR="+dir, "S3_DATA_DIR="+filepath.Join(dir, "s3"), "STATE_DIR="+filepath.Join(dir, "state"))
	m.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	runtime.LockOSThread() // Pdeathsig takes effect when the starting thread ends
	defer runtime.UnlockOSThread()
	if err := m.process.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = m.process.Wait()
		_ = log.Close()
		close(m.ended)
	}()
	return m, m.await(ctx)
}

func client(through string, trust *x509.CertPool) *http.Client {
	by := func(*http.Request) (*url.URL, error) { return url.Parse(through) }
	return &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{
		Proxy: by, TLSClientConfig: &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12},
	}}
}

// await waits until the emulator answers.
func (m *machine) await(ctx context.Context) error {
	for range 300 {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.endpoint+"/_ministack/health", nil)
		if err != nil {
			return err
		}
		if answer, err := m.client.Do(request); err == nil {
			return answer.Body.Close()
		}
		select {
		case <-m.ended:
			return errors.New("ministack exited before it answered: see ministack.log")
		case <-ctx.Done():
			return errors.Join(ctx.Err(), m.stop())
		case <-time.After(100 * time.Millisecond):
		}
	}
	return errors.Join(errors.New("ministack did not answer within 30 s: see ministack.log"), m.stop())
}

// stop ends the emulator and the functions that it started.
func (m *machine) stop() error {
	_ = syscall.Kill(-m.process.Process.Pid, syscall.SIGTERM)
	select {
	case <-m.ended:
	case <-time.After(10 * time.Second):
	}
	_ = syscall.Kill(-m.process.Process.Pid, syscall.SIGKILL) // functions that are still running
	return m.proxy.stop()
}

func freePort(ctx context.Context) (int, error) {
	listener, err := listen(ctx)
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}

func listen(ctx context.Context) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
}

// without returns an environment without the variables that have one of the prefixes, in any letter case.
func without(environment []string, beginnings ...string) []string {
	return slices.DeleteFunc(slices.Clone(environment), func(variable string) bool {
		return slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(strings.ToUpper(variable), b) })
	})
}
