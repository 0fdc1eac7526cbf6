// Package dnstest is a DNS server on loopback, for tests. It knows as much of
// RFC 1035 (https://www.rfc-editor.org/rfc/rfc1035#section-4) as it takes to
// answer questions for addresses and texts, over UDP and TCP.
package dnstest

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Types of records.
const (
	A    = 1
	TXT  = 16
	AAAA = 28
)

// Codes of responses.
const (
	NoError        = 0
	ServerFailure  = 2
	NameError      = 3
	NotImplemented = 4
	Refused        = 5
)

// An Answer is what the server says to a question.
type Answer struct {
	Code   int          // of the response
	TXT    [][]string   // records of strings, to questions for TXT
	Addrs  []netip.Addr // to questions for A and AAAA, each for its kind
	Silent bool         // says nothing at all
}

// A Server answers questions. Its methods may be called concurrently.
type Server struct {
	udp net.PacketConn
	tcp net.Listener

	mu      sync.Mutex
	zone    func(name string, typ int) Answer
	queries []string
	conns   map[net.Conn]bool
	wg      sync.WaitGroup
}

// New starts a server that answers what zone says of a name, in lower case and
// without the dot at its end. It ends with the test.
func New(t testing.TB, zone func(name string, typ int) Answer) *Server {
	t.Helper()
	s := &Server{zone: zone, conns: make(map[net.Conn]bool)}
	var err error
	if s.udp, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if s.tcp, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.wg.Go(s.serveUDP)
	s.wg.Go(s.serveTCP)
	t.Cleanup(s.close)
	return s
}

// Names starts a server for the given names; there are no others.
func Names(t testing.TB, answers map[string]Answer) *Server {
	t.Helper()
	return New(t, func(name string, _ int) Answer {
		if a, ok := answers[name]; ok {
			return a
		}
		return Answer{Code: NameError}
	})
}

// Resolver returns a resolver that asks nobody but the server.
func (s *Server) Resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: s.Dial}
}

// Dial connects to the server, whatever the address is.
func (s *Server) Dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, s.Addr(network))
}

// Addr returns the address of the server in a network, such as "udp".
func (s *Server) Addr(network string) string {
	if strings.HasPrefix(network, "udp") {
		return s.udp.LocalAddr().String()
	}
	return s.tcp.Addr().String()
}

// Queries returns the names that were asked for, in the order of their
// questions, which may repeat.
func (s *Server) Queries() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.queries)
}

func (s *Server) close() {
	s.udp.Close()
	s.tcp.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *Server) serveUDP() {
	buf := make([]byte, 65_536)
	for {
		n, from, err := s.udp.ReadFrom(buf)
		if err != nil {
			return
		}
		const largest = 1232
		if msg := s.Reply(buf[:n]); len(msg) > largest {
			msg = msg[:12+len(question(buf[:n]))]
			msg[2] |= 2      // truncated: ask again over TCP
			clear(msg[6:12]) // no records
			_, _ = s.udp.WriteTo(msg, from)
		} else if msg != nil {
			_, _ = s.udp.WriteTo(msg, from)
		}
	}
}

func (s *Server) serveTCP() {
	for {
		c, err := s.tcp.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.mu.Unlock()
		s.wg.Go(func() { s.serveConn(c) })
	}
}

func (s *Server) serveConn(c net.Conn) {
	defer c.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, query); err != nil {
			return
		}
		if msg := s.Reply(query); msg != nil {
			_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(msg))), msg...))
		}
	}
}

// Reply returns the response to a query, or nil if there is none.
func (s *Server) Reply(query []byte) []byte {
	q := question(query)
	if q == nil {
		return nil
	}
	name, typ := nameOf(q), int(binary.BigEndian.Uint16(q[len(q)-4:]))
	s.mu.Lock()
	s.queries = append(s.queries, name)
	zone := s.zone
	s.mu.Unlock()
	a := zone(name, typ)
	if a.Silent {
		return nil
	}
	data := a.records(typ)
	msg := append([]byte{query[0], query[1], 0x81, 0x80 | byte(a.Code), 0, 1}, 0, byte(len(data)), 0, 0, 0, 0)
	msg = append(msg, q...)
	for _, d := range data {
		msg = append(msg, 0xc0, 12) // the name of the question
		msg = binary.BigEndian.AppendUint16(msg, uint16(typ))
		msg = append(msg, 0, 1, 0, 0, 0, 60) // class IN, a minute
		msg = binary.BigEndian.AppendUint16(msg, uint16(len(d)))
		msg = append(msg, d...)
	}
	return msg
}

// records returns the data of the records of a type.
func (a Answer) records(typ int) [][]byte {
	var all [][]byte
	if typ == TXT {
		for _, texts := range a.TXT {
			var data []byte
			for _, s := range texts {
				data = append(append(data, byte(len(s))), s...)
			}
			all = append(all, data)
		}
	}
	for _, addr := range a.Addrs {
		if typ == A && addr.Is4() || typ == AAAA && addr.Is6() {
			all = append(all, addr.AsSlice())
		}
	}
	return all
}

// question returns the first question of a query, or nil if it has none.
func question(query []byte) []byte {
	const header = 12
	if len(query) < header {
		return nil
	}
	for at := header; at < len(query); at += 1 + int(query[at]) {
		if query[at] == 0 && len(query) >= at+5 {
			return slices.Clone(query[header : at+5])
		}
	}
	return nil
}

// nameOf returns the name in a question.
func nameOf(question []byte) string {
	var labels []string
	for at := 0; question[at] != 0; at += 1 + int(question[at]) {
		labels = append(labels, string(question[at+1:at+1+int(question[at])]))
	}
	return strings.ToLower(strings.Join(labels, "."))
}
