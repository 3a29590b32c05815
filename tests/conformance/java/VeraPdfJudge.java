import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.RuleId;

/** veraPDF on one file: PDF/A-3b and PDF/A-3a (ISO 19005-3), PDF/UA-1 (ISO 14289-1). */
final class VeraPdfJudge {
    VeraPdfJudge() {
        VeraGreenfieldFoundryProvider.initialise();
    }

    /** Whether {@code file} is what veraPDF calls {@code flavour} ("3b", "3a", "ua1"), and which rules it breaks. */
    Map<String, Object> judge(Path file, String flavour) {
        Map<String, Object> judgement = new LinkedHashMap<>();
        PDFAFlavour wanted = PDFAFlavour.fromString(flavour);
        try (InputStream bytes = Files.newInputStream(file);
                PDFAParser parser = Foundries.defaultInstance().createParser(bytes, wanted);
                PDFAValidator validator = Foundries.defaultInstance().createValidator(wanted, false)) {
            ValidationResult result = validator.validate(parser);
            judgement.put("passed", result.isCompliant());
            judgement.put("checks", result.getTotalAssertions());
            judgement.put("findings", findings(result));
        } catch (Exception error) { // whatever its parser meets in a damaged file
            judgement.put("passed", false);
            judgement.put("checks", 0);
            judgement.put("findings", List.of(String.valueOf(error)));
        }
        return judgement;
    }

    /** Each broken rule once: clause, test number, how often, its words, and the first place. */
    private static List<String> findings(ValidationResult result) {
        List<String> findings = new ArrayList<>();
        for (Map.Entry<RuleId, Integer> broken : result.getFailedChecks().entrySet()) {
            RuleId rule = broken.getKey();
            TestAssertion first = result.getTestAssertions().stream()
                    .filter(assertion -> assertion.getRuleId().equals(rule))
                    .findFirst()
                    .orElseThrow();
            findings.add("%s test %d, %d times: %s (%s)".formatted(
                    rule.getClause(), rule.getTestNumber(), broken.getValue(), first.getMessage(),
                    first.getLocation().getContext()));
        }
        return findings;
    }
}
