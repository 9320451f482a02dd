package bucket

import (
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/annals-es/annals/local/endpoint"
)

// Server answers S3's API, with path-style addresses. It does not verify signatures.
type Server struct {
	*endpoint.Endpoint
	buckets map[string]*Bucket // by name
	log     *slog.Logger

	// May decides whether the signer of a request may do an action with an object, by its ARN. If nil, every request is
	// allowed. Set it before Serve.
	May func(header http.Header, action, object string) error
}

// Listen opens a free port of the loopback interface. The caller closes the server.
func Listen(log *slog.Logger) (*Server, error) {
	e, err := endpoint.Listen("S3")
	if err != nil {
		return nil, err
	}
	return &Server{Endpoint: e, log: log, buckets: map[string]*Bucket{}}, nil
}

// Serve starts to answer requests for these buckets.
func (s *Server) Serve(buckets ...*Bucket) {
	for _, b := range buckets {
		s.buckets[b.Name] = b
	}
	s.Answer(s)
}

// maxObject is the largest object that PutObject accepts, in bytes.
const maxObject = 64 << 20

const notRun = "supported locally: GetObject, HeadObject, PutObject and the first page of ListObjectsV2"

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	b, there := s.buckets[name]
	switch {
	case !there:
		refuse(w, http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	case lists(r, key):
		if s.may(w, r, "s3:ListBucket", b.ARN) {
			list(w, b, r.URL.Query().Get("prefix"))
		}
	case r.URL.RawQuery != "" && r.URL.Query().Get("x-id") == "": // a part, a version or a property of the object
		refuse(w, http.StatusNotImplemented, "NotImplemented", notRun)
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		if s.may(w, r, "s3:GetObject", b.ARN+"/"+key) {
			get(w, b, key)
		}
	case r.Method == http.MethodPut:
		if s.may(w, r, "s3:PutObject", b.ARN+"/"+key) {
			s.put(w, r, b, key)
		}
	default:
		refuse(w, http.StatusNotImplemented, "NotImplemented", notRun)
	}
}

// may reports whether the signer may do the action. If not, it sends the refusal.
func (s *Server) may(w http.ResponseWriter, r *http.Request, action, object string) bool {
	if s.May == nil {
		return true
	}
	err := s.May(r.Header, action, object)
	if err != nil {
		refuse(w, http.StatusForbidden, "AccessDenied", err.Error())
	}
	return err == nil
}

func get(w http.ResponseWriter, b *Bucket, key string) {
	body, err := b.Get(key)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, ErrNoKey):
		refuse(w, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	case err != nil:
		refuse(w, http.StatusInternalServerError, "InternalError", err.Error())
	default:
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body) // for HEAD, net/http sends no body
	}
}

func (s *Server) put(w http.ResponseWriter, r *http.Request, b *Bucket, key string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxObject))
	if err == nil {
		err = b.Put(key, body)
	}
	if err != nil {
		s.log.ErrorContext(r.Context(), "store an object", "bucket", b.Name, "key", key, "error", err)
		refuse(w, http.StatusInternalServerError, "InternalError", err.Error())
	}
}

// refusal is the body of S3's error responses.
type refusal struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(refusal{Code: code, Message: message})
}
