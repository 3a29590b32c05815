import eu.europa.esig.dss.enumerations.Indication;
import eu.europa.esig.dss.enumerations.SubIndication;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import java.io.File;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * EU DSS on one file, as ETSI EN 319 102-1 has it, under the policy that DSS comes with.
 *
 * <p>It trusts the given roots and nothing else, reads revocation lists from the file and from the given ones, and asks
 * no network: no certificate, revocation list or OCSP answer is fetched.
 */
final class DssJudge {
    private final CommonCertificateVerifier verifier = new CommonCertificateVerifier();

    DssJudge(List<String> roots, List<String> lists) {
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        roots.forEach(root -> trusted.addCertificate(DSSUtils.loadCertificate(new File(root))));
        verifier.setTrustedCertSources(trusted);
        verifier.setAIASource(null);
        DSSDocument[] crls = lists.stream().map(FileDocument::new).toArray(DSSDocument[]::new);
        if (crls.length > 0) {
            verifier.setCrlSource(new ExternalResourcesCRLSource(crls));
        }
    }

    /** What DSS says of every signature in {@code file} at {@code at}, and of every time-stamp. */
    Map<String, Object> judge(Path file, Instant at) {
        Map<String, Object> judgement = new LinkedHashMap<>();
        List<Map<String, Object>> signatures = new ArrayList<>();
        judgement.put("signatures", signatures);
        try {
            SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(file.toFile()));
            validator.setCertificateVerifier(verifier);
            validator.setValidationTime(Date.from(at));
            SimpleReport report = validator.validateDocument().getSimpleReport();
            for (String id : report.getSignatureIdList()) {
                signatures.add(verdict(report, id));
            }
        } catch (RuntimeException error) { // DSS throws a dozen kinds for a file that it cannot read
            judgement.put("error", String.valueOf(error.getMessage()));
        }
        return judgement;
    }

    private static Map<String, Object> verdict(SimpleReport report, String id) {
        Indication indication = report.getIndication(id);
        SubIndication reason = report.getSubIndication(id);
        List<String> said = new ArrayList<>();
        for (Message message : report.getAdESValidationErrors(id)) {
            said.add(message.getValue());
        }
        for (Message message : report.getAdESValidationWarnings(id)) {
            said.add("(warning) " + message.getValue());
        }
        Map<String, Object> verdict = new LinkedHashMap<>();
        verdict.put("level", String.valueOf(report.getSignatureFormat(id)));
        verdict.put("indication", indication.name());
        verdict.put("reason", reason == null ? "" : reason.name());
        verdict.put("said", said);
        return verdict;
    }
}
