"""C that does odd things with bits, pointers and initialisers: the DAG agrees with the
sandbox, or there is none.
"""

import numpy as np
import pytest

from nsc.errors import InputError
from nsc.graph import Unsupported, evaluate
from nsc.program import parse_program
from nsc.sandbox import build, run

X = np.random.default_rng(5).uniform(-1, 1, (1000, 2))
HEADER = """#include <math.h>
#include <stdint.h>
#include <string.h>
typedef union{double d; uint64_t i; int64_t s; uint32_t w[2]; int32_t sw[2]; struct{uint32_t lo,hi;} p;} U;
typedef union{float f; uint32_t i; int32_t s;} F;
typedef union{uint32_t i;float f;}G;
static inline uint64_t asuint64(double x){ U u={x}; return u.i; }
"""
AGREE = [
    (
        "float f(float x, float y) { F u={x*x+.1f},v={y}; uint32_t"
        " h=u.i|(v.i&0x80000000); u.i=h&0x7fffffff; return u.f; }"
    ),
    (
        "float f(float t) { t*=9; int a=(int)t; F u; u.i=((a&1)<<31)|0x3f800000; return"
        " u.f; }"
    ),
    (
        "double f(double x) { int hx; U u={x}; hx=u.p.hi; uint32_t s=hx&0x80000000;"
        " hx^=s; u.p.hi=hx; return u.d; }"
    ),
    (
        "double f(double x, double y) { U u={x},v={y}; u.p.hi^=v.p.hi&0x80000000;"
        " return u.d; }"
    ),
    (
        "double f(double x, double y) { U u={x},v={y}; u.p.hi|=v.p.hi&0x80000000;"
        " return u.d; }"
    ),
    (
        "float f(float x, float y) { F u={x},v={y};"
        " u.i=(u.i&0x7fffffff)|(v.i&0x80000000); return u.f; }"
    ),
    (
        "float f(float x, float y) { F u={x},v={y}; int s=u.s&0x80000000; u.s^=s;"
        " v.s|=s; return u.f+v.f; }"
    ),
    (
        "float f(float x) { F u={x}; u.i^=u.i&0x80000000; u.i|=(u.i>0x3f000000)<<31;"
        " return u.f; }"
    ),
    (
        "float f(float x) { int k=(int)(x*20); F u; u.i=0x3f800000-((k&1)<<31); return"
        " u.f; }"
    ),
    "float f(float x) { int k=(int)(x*20); return ((k&3)<<4)|(k&1); }",
    "float f(float x) { int k=(int)(x*20); return (k&6)^(k&8); }",
    "float f(float x) { F u={x*x+.1f}; u.i=(u.i+0x00800000)&0x7f800000; return u.f; }",
    (
        "double f(double x) { U u={x*x+.1}; return ((u.p.hi+0x00100000)&0x7ff00000) <"
        " 0x3fe00000 ? x : 1; }"
    ),
    "double f(double x) { U u={x*x+.1}; return ((u.p.hi+0x80000)&0x7ff00000)*1e-9; }",
    "float f(float x) { F u={x}; u.i|=0x80000000; return u.f; }",
    "double f(double x) { U u={x}; u.p.hi|=0x80000000; return u.d; }",
    (
        "float f(float x, float y) { F u={x*x+.1f},v={y*y+.2f}; u.i=u.i+v.i-0x3f800000;"
        " return u.f; }"
    ),
    "double f(double x) { U u={x}; uint32_t lo=u.i; return lo*1e-9; }",
    (
        "double f(double x) { int32_t hx; uint32_t lx; uint64_t w=asuint64(x);"
        " hx=w>>32; lx=(uint32_t)w; return hx*1e-9+lx*1e-9; }"
    ),
    (
        "double f(double x) { double kd=x*10+0x1.8p52; int32_t"
        " ki=(int32_t)asuint64(kd); return ki; }"
    ),
    "float f(float x) { F u={x}; uint8_t e=u.i>>23; return e; }",
    "double f(double x) { U u; u.d=x*8+6755399441055744.0; return u.sw[0]; }",
    "double f(double x) { U u={x}; int lo=u.p.lo; return lo*1e-9; }",
    "double f(double x) { U u={x}; int s=u.p.hi&0x80000000; return s<0?-x:x; }",
    "double f(double x) { U u={x}; int n=u.p.hi&0xfff00000; return n<0?-x:2*x; }",
    "double f(double x) { U u={x}; int n=u.p.hi+1; return n<0?-x:2*x; }",
    "double f(double x, double y) { U u={x}; int n=y>0?u.p.hi:5; return n<0?-x:2*x; }",
    "double f(double x) { U u={x}; int s=u.p.hi&0x80000000; return s>>31; }",
    (
        "float f(float x) { static const G a[]={0x3f800000,0x40000000}; return"
        " a[0].f*x+a[1].f; }"
    ),
    (
        "struct P{double x,y;}; struct S{struct P p; int k;}; double f(double x) {"
        " struct S s={.p.x=x,.p.y=2,.k=3}; return s.p.x+s.p.y*s.k; }"
    ),
    "float f(float x) { F u; u.f=x>0?x:0; return u.i*1e-9f; }",
    "double f(double x) { U u; u.d=fmin(x,0); return u.sw[1]*1.0*u.sw[1]>0; }",
    "double f(double x) { int k=(int)(40*x); return ilogb(ldexp(1.0,k)); }",
    "double f(double x) { U u={(int)(x*9)+20}; return u.p.lo==0; }",
    (
        "double f(double x) { int e, k=(int)(40*x); double r=frexp((double)k,&e);"
        " return r+e; }"
    ),
    (
        "double f(double x) { int k=(int)(8*x); U u; u.p.hi=0x3ff00000+(k<<20);"
        " u.p.lo=0; return (double)(int)(u.p.hi>>20); }"
    ),
    "double f(double x) { U u={x}; u.i&=~(uint64_t)0>>1; return u.d; }",
    "float f(float x) { F u={x}; return (int)((u.i<<1)>>24)-127; }",
    "double f(double x) { U u={x}; return (u.i<<12>>12)*0x1p-52; }",
    "float f(float x) { F u={x}; return (u.i<<1)<0x7e000000u; }",
    "double f(double x) { U u={x}; return ~u.p.hi>>31; }",
    "double f(double x) { U u={x}; int hx=u.p.hi; return hx>=0x80000000; }",
    "double f(double x) { return (x*10+8388608.0)-8388608.0; }",
    (
        "float f(float x) { return x<0 ? (x*10-8388608.0f)+8388608.0f :"
        " (x*10+8388608.0f)-8388608.0f; }"
    ),
    "float f(float x) { F u; u.f=x*80+12582912.0f; return u.s-0x4b400000; }",
    "double f(double x) { F u; int n=(int)(x*100); u.s=n; return u.i>>31; }",
    (
        "double f(double x,double y) { double a[8]={1,2,3,4,5,6,7,8}; int"
        " i=(int)(1.5+x),j=(int)(2.5+y); double*p=a+i; p+=j; return *p; }"
    ),
    (
        "double f(double x) { double a[8]={1,2,3,4,5,6,7,8}; int i=(int)(1.5+x);"
        " double*p=a+i; double q=*p++; return q+*p; }"
    ),
]
REFUSED = [
    "float f(float x) { F u={x}; u.i&=0xff800000; return u.f; }",
    "float f(float x) { F u={x}; u.i=(u.i-0x800000)&0x7fffffff; return u.f; }",
    (
        "double f(double x) { U u={x}; int hx=(u.sw[1]&0x800fffff)|0x3fe00000;"
        " u.p.hi=hx; return u.d; }"
    ),
    "float f(float x) { F u={x}; u.i+=0x00400000; return u.f; }",
    "float f(float x) { F u={x}; u.i|=0x00400000; return u.f; }",
    "float f(float x) { F u={x}; u.i-=u.i&0x7fffff; return u.f; }",
    "float f(float x) { F u={x}; u.i+=(u.i&0x7fffff)>>1; return u.f; }",
    "double f(double x) { int hi; memcpy(&hi,(int*)&x+1,4); return hi<0?-1:1; }",
    "double f(double x) { memset((int*)&x,0,4); return x; }",
    "double f(double x) { U u={x}; int lx=u.sw[0]; return (lx|-lx)>>31; }",
    (
        "double f(double x) { double kd=x*9+0x1.8p52; uint64_t ki=asuint64(kd); return"
        " (ki&1)?-x:x; }"
    ),
    "float f(float x) { F u; u.f=x+0x1.8p18f; return u.i&31; }",
    (
        "double f(double x,double y) { double a[8]={1,2,3,4,5,6,7,8}; int"
        " i=(int)(1.5+x),j=(int)(2.5+y); double*p=a+i; if(x>y) p=a+j; return *p; }"
    ),
    (
        "double f(double x,double y) { double a[8]={1,2,3,4,5,6,7,8}; int"
        " i=(int)(1.5+x); double*p=x>y?a+i:a; return *p; }"
    ),
    "double f(double x) { struct{double a;} s={.zz=x}; return s.a; }",
    "double f(double x) { union {} u={1}; return x; }",
    "double f(double x) { return (int)&x; }",
    (
        "float f(float x) { F u={x+1.2f}; uint32_t ix=u.i, tmp=ix-0x3f330000; int"
        " k=(int32_t)tmp>>23; uint32_t iz=ix-(tmp&0xff800000); F z; z.i=iz; return"
        " k*0.6931f+(z.f-1); }"
    ),
    (
        "double f(double x) { uint32_t ix=asuint64(x)>>32; return ix-0x3fd00000 <"
        " 0x00100000 ? x : 1; }"
    ),
    "double f(double x) { U u={x}; return (-u.p.hi)>>31; }",
]


@pytest.fixture(scope="module")
def programs():
    found = [parse_program(HEADER + text, function="f") for text in AGREE]
    return list(zip(found, build([p.unit for p in found]), strict=True))


@pytest.mark.parametrize("k", range(len(AGREE)))
def test_the_dag_computes_what_the_sandbox_does(programs, k):
    program, built = programs[k]
    assert not isinstance(program.dag, Unsupported), program.dag
    x = np.ascontiguousarray(X[:, : program.dag.n_inputs])
    expected = run(built, x).outputs
    with np.errstate(all="ignore"):
        error = np.abs(evaluate(program.dag, x) - expected)
    off = ~(error <= 1e-4 * np.abs(expected) + 1e-5)
    assert off[np.isfinite(expected)].mean() < 0.01


@pytest.mark.parametrize("text", REFUSED)
def test_what_would_differ_is_refused(text):
    try:
        program = parse_program(HEADER + text, function="f")
    except InputError:
        return
    assert isinstance(program.dag, Unsupported)


def test_a_refusal_says_where_the_bits_were_combined():
    text = (
        "double f(double x, double y) {\n int n = (int)(99 * x), m = (int)(99 * y);\n"
        " int k = n | m;\n x = k;\n return x; }"
    )
    dag = parse_program(text, function="f").dag
    assert isinstance(dag, Unsupported) and (dag.reason, dag.line) == (
        "bit_operation",
        3,
    )


def test_a_chain_of_choices_is_looked_at_once():
    text = (  # as fmod divides
        "float f(float x, float y) { F u={x},v={y}; int hx=u.s,hy=v.s,hz;"
        " hx^=hx&0x80000000; hx=(hx&0x7fffff)|0x800000; hy=(hy&0x7fffff)|0x800000; for"
        " (int k=0; k<30; k++) { hz=hx-hy; if (hz<0) hx=hx+hx; else hx=hz+hz; } return"
        " hx; }"
    )
    # without end, where every path to a choice is followed
    assert parse_program(HEADER + text, function="f").dag
