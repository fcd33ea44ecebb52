import { type Issued, issueAuthority, issueCertificate, serialBytes } from "../../../components/certificate/issue.ts";
import { authorityStatement, certificateStatement } from "../../../components/certificate/spec.ts";
import type { PemPair } from "../../../components/switch/public.ts";

/** A CA of the bench's own, beside the stack's: for certificates that an operator has from elsewhere. */
export class BenchAuthority {
  readonly #issued: Issued;

  private constructor(issued: Issued) {
    this.#issued = issued;
  }

  static async make(): Promise<BenchAuthority> {
    return new BenchAuthority(await issueAuthority(authorityStatement("slipway-bench", new Date(), serialBytes())));
  }

  /** PEM, for who trusts it. */
  get certificate(): string {
    return this.#issued.certificate;
  }

  /** Another one each time. */
  async issue(domain: string): Promise<PemPair> {
    const { certificate, key } = await issueCertificate(
      certificateStatement([domain], 1, new Date(), serialBytes()),
      this.#issued,
    );
    return { certificate: certificate + this.certificate, key };
  }
}
