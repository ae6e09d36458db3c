/* Student's t by the regularised incomplete beta function, computed as the continued fraction of the NIST Digital
 * Library of Mathematical Functions, https://dlmf.nist.gov/8.17#v (8.17.22), with Lentz's method. */
#include <metrics/stats.h>

#include <math.h>

static double fraction_term(int m, double a, double b, double x)
{
    int k = m / 2;
    if (m % 2 == 0)
        return k * (b - k) * x / ((a + m - 1) * (a + m));
    return -(a + k) * (a + b + k) * x / ((a + m - 1) * (a + m));
}

static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double f = 1, c = 1, d = 0;
    for (int m = 1; m < 500; m++) {
        double term = fraction_term(m, a, b, x);
        d = 1 + term * d;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = 1 + term / c;
        c = fabs(c) < tiny ? tiny : c;
        f *= c * d;
        if (fabs(c * d - 1) < 1e-14)
            break;
    }
    return f;
}

static double incomplete_beta(double a, double b, double x)
{
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    if (x > (a + 1) / (a + b + 2))
        return 1 - incomplete_beta(b, a, 1 - x);
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a;
    return front / beta_fraction(a, b, x);
}

double student_p(double t, double freedom)
{
    return isinf(t) ? 0 : incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t));
}

double student_t(double p, double freedom)
{
    double low = 0, high = 1e6;
    for (int i = 0; i < 200 && high - low > 1e-10 * high; i++) {
        double middle = (low + high) / 2;
        if (student_p(middle, freedom) > p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}
